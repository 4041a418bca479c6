/**
 * Events that AWS services send to functions and that are none of ours, in the shapes of AWS's documentation, cut down
 * to what tells them apart.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
 */
export const FOREIGN_EVENTS: readonly (readonly [string, unknown])[] = [
  [
    'S3',
    {
      Records: [
        {
          eventVersion: '2.1',
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          s3: { bucket: { name: 'b' }, object: { key: 'k' } },
        },
      ],
    },
  ],
  ['S3 test', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' }],
  [
    'S3 batch',
    {
      invocationSchemaVersion: '1.0',
      invocationId: 'i',
      job: { id: 'j' },
      tasks: [{ taskId: 't', s3Key: 'k' }],
    },
  ],
  [
    'S3 object lambda',
    {
      xAmzRequestId: 'r',
      getObjectContext: { outputRoute: 'o' },
      userRequest: { url: 'https://example.com' },
    },
  ],
  [
    'SQS',
    {
      Records: [
        { messageId: 'm', body: '{}', attributes: {}, eventSource: 'aws:sqs', awsRegion: 'eu-central-1' },
      ],
    },
  ],
  [
    'SQS with an alarm in its body',
    { Records: [{ eventSource: 'aws:sqs', body: '{"AlarmName":"x","NewStateValue":"ALARM"}' }] },
  ],
  [
    'SNS subscription confirmation',
    {
      Records: [
        {
          EventSource: 'aws:sns',
          Sns: { Type: 'SubscriptionConfirmation', Message: 'You have chosen to subscribe' },
        },
      ],
    },
  ],
  [
    'SNS without an alarm',
    { Records: [{ EventSource: 'aws:sns', Sns: { Type: 'Notification', Message: '{"hello":"world"}' } }] },
  ],
  ['Kinesis', { Records: [{ eventSource: 'aws:kinesis', kinesis: { partitionKey: 'p', data: 'e30=' } }] }],
  [
    'Firehose',
    {
      invocationId: 'i',
      deliveryStreamArn: 'arn:aws:firehose:x',
      records: [{ recordId: 'r', data: 'e30=' }],
    },
  ],
  [
    'DynamoDB stream',
    { Records: [{ eventSource: 'aws:dynamodb', eventName: 'INSERT', dynamodb: { Keys: {} } }] },
  ],
  ['DynamoDB stream, windowed', { window: { start: 's', end: 'e' }, state: {}, shardId: 's', Records: [] }],
  ['Kafka', { eventSource: 'aws:kafka', bootstrapServers: 'b', records: { 'topic-0': [{ value: 'e30=' }] } }],
  ['self-managed Kafka', { eventSource: 'SelfManagedKafka', records: { 'topic-0': [] } }],
  ['ActiveMQ', { eventSource: 'aws:mq', eventSourceArn: 'a', messages: [{ messageID: 'm', data: 'e30=' }] }],
  ['RabbitMQ', { eventSource: 'aws:rmq', eventSourceArn: 'a', rmqMessagesByQueue: { 'q::/': [] } }],
  ['DocumentDB', { eventSource: 'aws:docdb', events: [{ event: { operationType: 'insert' } }] }],
  [
    'EventBridge scheduled rule',
    {
      version: '0',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      time: '2026-11-22T21:00:00Z',
      resources: [],
      detail: {},
    },
  ],
  [
    'EC2 state change',
    {
      version: '0',
      'detail-type': 'EC2 Instance State-change Notification',
      source: 'aws.ec2',
      detail: { state: 'terminated' },
    },
  ],
  ['CodePipeline', { 'CodePipeline.job': { id: 'j', data: {} } }],
  ['CodeCommit', { Records: [{ eventSource: 'aws:codecommit', codecommit: { references: [] } }] }],
  ['CodeDeploy hook', { DeploymentId: 'd', LifecycleEventHookExecutionId: 'l' }],
  [
    'GuardDuty',
    { version: '0', 'detail-type': 'GuardDuty Finding', source: 'aws.guardduty', detail: { severity: 8 } },
  ],
  [
    'Health',
    { version: '0', 'detail-type': 'AWS Health Event', source: 'aws.health', detail: { service: 'EC2' } },
  ],
  [
    'CloudTrail through EventBridge',
    {
      version: '0',
      'detail-type': 'AWS API Call via CloudTrail',
      source: 'aws.secretsmanager',
      detail: { eventName: 'PutSecretValue' },
    },
  ],
  [
    'CloudWatch configuration change',
    {
      version: '0',
      'detail-type': 'CloudWatch Alarm Configuration Change',
      source: 'aws.cloudwatch',
      detail: { alarmName: 'x', state: { value: 'ALARM' } },
    },
  ],
  [
    'CloudWatch contributor without a state',
    {
      version: '0',
      'detail-type': 'CloudWatch Alarm Contributor State Change',
      source: 'aws.cloudwatch',
      detail: { alarmName: 'x', alarmContributor: { id: 'c', attributes: {} } },
    },
  ],
  ['CloudWatch Logs', { awslogs: { data: 'H4sIAAAAAAAA' } }],
  [
    'CloudWatch contributor',
    { source: 'aws.cloudwatch', alarmArn: 'arn:aws:cloudwatch:x', alarmData: { alarmName: 'x' } },
  ],
  [
    'an alarm in a state of its own',
    {
      source: 'aws.cloudwatch',
      alarmArn: 'arn:aws:cloudwatch:x',
      alarmData: { alarmName: 'x', state: { value: 'ALARMED' } },
    },
  ],
  [
    'API Gateway REST',
    {
      resource: '/cancel-all',
      path: '/cancel-all',
      httpMethod: 'POST',
      headers: {},
      requestContext: { stage: 'prod' },
      body: '{}',
    },
  ],
  [
    'API Gateway HTTP, format 1.0',
    {
      version: '1.0',
      resource: '/cancel-all',
      path: '/cancel-all',
      httpMethod: 'POST',
      requestContext: { authorizer: {} },
      body: '{}',
    },
  ],
  [
    'API Gateway WebSocket',
    {
      requestContext: { routeKey: '$connect', eventType: 'CONNECT', connectionId: 'c' },
      isBase64Encoded: false,
    },
  ],
  ['API Gateway authorizer', { type: 'TOKEN', authorizationToken: 't', methodArn: 'arn:aws:execute-api:x' }],
  [
    'HTTP API authorizer',
    {
      version: '2.0',
      type: 'REQUEST',
      routeArn: 'arn',
      identitySource: ['x'],
      requestContext: { http: { method: 'POST' } },
    },
  ],
  [
    'a function URL, anonymous',
    {
      version: '2.0',
      rawPath: '/cancel-all',
      rawQueryString: '',
      requestContext: { http: { method: 'POST', path: '/cancel-all' } },
      body: '{}',
    },
  ],
  [
    'application load balancer',
    { requestContext: { elb: { targetGroupArn: 'a' } }, httpMethod: 'POST', path: '/cancel-all', body: '{}' },
  ],
  [
    'VPC Lattice',
    { version: '2.0', path: '/cancel-all', method: 'POST', requestContext: { serviceArn: 's' }, body: '{}' },
  ],
  ['AppSync', { arguments: {}, identity: null, info: { fieldName: 'cancelAll' } }],
  [
    'Cognito sign-up',
    { version: '1', triggerSource: 'PreSignUp_SignUp', userName: 'u', request: {}, response: {} },
  ],
  [
    'Lex',
    { sessionState: { intent: { name: 'CancelAll' } }, inputTranscript: 'cancel all', bot: { name: 'b' } },
  ],
  ['Alexa', { version: '1.0', session: {}, request: { type: 'IntentRequest' } }],
  ['Connect', { Name: 'ContactFlowEvent', Details: { ContactData: {} } }],
  [
    'CloudFormation custom resource',
    { RequestType: 'Create', ResponseURL: 'https://example.com', StackId: 's', ResourceProperties: {} },
  ],
  ['Config rule', { invokingEvent: '{}', ruleParameters: '{}', resultToken: 't', eventLeftScope: false }],
  [
    'Secrets Manager rotation',
    { Step: 'createSecret', SecretId: 'arn:aws:secretsmanager:x', ClientRequestToken: 't' },
  ],
  ['SES', { Records: [{ eventSource: 'aws:ses', eventVersion: '1.0', ses: { mail: {} } }] }],
  ['IoT button', { serialNumber: 'G0', clickType: 'SINGLE', batteryVoltage: '1500mV' }],
  ['IoT rule', { topic: 'bots/1', payload: { state: 'dead' } }],
  ['Step Functions', { Execution: { Id: 'e' }, State: { Name: 's' }, Task: { Token: 't' } }],
  [
    'Transfer Family',
    { token: 't', serviceMetadata: { executionDetails: {} }, fileLocation: { bucket: 'b' } },
  ],
  [
    'Bedrock agent',
    { messageVersion: '1.0', agent: { name: 'a' }, actionGroup: 'g', function: 'cancelAll', parameters: [] },
  ],
  [
    'an on-failure destination',
    {
      version: '1.0',
      requestContext: { condition: 'RetriesExhausted' },
      requestPayload: {},
      responsePayload: {},
    },
  ],
  [
    'EventBridge Scheduler, its default input',
    { version: '0', 'detail-type': 'Scheduled Event', source: 'aws.scheduler', detail: '{}' },
  ],
  ["the console's test event", { key1: 'value1', key2: 'value2', key3: 'value3' }],
]
