/** What Lambda puts into a function's environment for the AWS SDK; nobody's. */
export const AWS_KEYS = {
  accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  secretAccessKey: 'example-example-example-example-example0',
  sessionToken: 'example-session-token',
} as const
