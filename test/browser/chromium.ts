import { type Browser, chromium } from 'playwright-core'

const ARGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The browser of this machine, which `run.ts` has found. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: String(process.env.CHROMIUM), args: ARGS })
}
