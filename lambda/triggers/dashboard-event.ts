import * as v from 'valibot'
import { InputRefused } from '../errors.ts'
import { type Fields, isObject } from '../json.ts'
import { type Pull, readPull, readStrictly } from './pull.ts'

const HOW =
  'The button of the dashboard\'s widget sends {"dashboard":{}}, with what a direct invocation may send in it'

/** What CloudWatch adds to whatever a widget sends; it says nothing of who looks at the dashboard. */
const press = v.strictObject({
  dashboard: v.custom<Fields>(isObject, 'is not an object'),
  widgetContext: v.optional(v.looseObject({ params: v.nullish(v.looseObject({})) })),
})

/**
 * Reads a press of the button on a CloudWatch dashboard.
 *
 * A widget that is configured to call the switch would press it whenever the dashboard is drawn, every ten seconds where it
 * refreshes itself: what it sends stands among the widget's own parameters too, and is refused.
 *
 * @throws InputRefused with a sentence that says what to send
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_interactivity.html
 */
export function readPress(event: Fields): Pull {
  const { dashboard, widgetContext } = readStrictly(press, event, HOW)
  if (Object.hasOwn(widgetContext?.params ?? {}, 'dashboard')) {
    throw new InputRefused(
      `this is a widget that is drawn, and no button that is pressed: give the widget no "dashboard" among its parameters. ${HOW}`,
    )
  }
  return readPull(dashboard)
}
