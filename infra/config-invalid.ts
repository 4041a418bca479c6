/** Where a switch's settings are written, for the sentences that name a mistake in them. */
export interface Written {
  /** `cdk.json`, or the construct. */
  readonly where: string
  /** What every path begins with. */
  readonly root: string
}

export const IN_CDK_JSON: Written = { where: 'cdk.json', root: 'killSwitch' }

/** The settings are not those of a switch to deploy. One line for each mistake: path, what is wrong, how to fix it. */
export class ConfigInvalid extends Error {
  override readonly name = 'ConfigInvalid'

  constructor(mistakes: readonly string[], where = IN_CDK_JSON.where) {
    super(`${where} is not right:\n${mistakes.map((mistake) => `  ${mistake}`).join('\n')}`)
  }
}
