import { TimeZone } from 'aws-cdk-lib'
import { localTimeIn } from './daylight-saving.ts'
import { nearest } from './nearest.ts'

/** Names that IANA keeps for those who have them, and that neither the CDK nor `Intl` lists. */
const KEPT = `Africa/Asmara Africa/Timbuktu America/Argentina/ComodRivadavia America/Atikokan America/Atka
America/Ensenada America/Fort_Wayne America/Knox_IN America/Montreal America/Nipigon America/Pangnirtung
America/Porto_Acre America/Rainy_River America/Rosario America/Santa_Isabel America/Shiprock America/Thunder_Bay
America/Virgin Antarctica/South_Pole Asia/Ashkhabad Asia/Chongqing Asia/Chungking Asia/Dacca Asia/Harbin Asia/Istanbul
Asia/Kashgar Asia/Macao Asia/Tel_Aviv Asia/Thimbu Asia/Ujung_Pandang Asia/Ulan_Bator Atlantic/Jan_Mayen Australia/ACT
Australia/Canberra Australia/Currie Australia/LHI Australia/NSW Australia/North Australia/Queensland Australia/South
Australia/Tasmania Australia/Victoria Australia/West Australia/Yancowinna Brazil/Acre Brazil/DeNoronha Brazil/East
Brazil/West Canada/Atlantic Canada/Central Canada/Eastern Canada/Mountain Canada/Newfoundland Canada/Pacific
Canada/Saskatchewan Canada/Yukon Chile/Continental Chile/EasterIsland Cuba Egypt Eire Etc/GMT+0 Etc/GMT-0 Etc/GMT0
Etc/Greenwich Etc/UCT Etc/Universal Etc/Zulu Europe/Belfast Europe/Nicosia Europe/Tiraspol Europe/Uzhgorod
Europe/Zaporozhye GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya
Mexico/BajaNorte Mexico/BajaSur Mexico/General NZ NZ-CHAT Navajo PRC Pacific/Chuuk Pacific/Johnston Pacific/Pohnpei
Pacific/Samoa Pacific/Yap Poland Portugal ROC ROK Singapore Turkey UCT US/Alaska US/Aleutian US/Arizona US/Central
US/East-Indiana US/Eastern US/Hawaii US/Indiana-Starke US/Michigan US/Mountain US/Pacific US/Samoa UTC Universal W-SU
Zulu`

const listed = Object.values(TimeZone).filter((zone) => zone instanceof TimeZone)
const ZONES = new Set([
  ...listed.map(({ timezoneName }) => timezoneName),
  ...Intl.supportedValuesOf('timeZone'),
  ...KEPT.split(/\s/),
])

/**
 * What is wrong with the name of a time zone, and how to fix it; null when nothing is. `Intl` alone also takes offsets
 * and any case, EventBridge Scheduler the names of IANA as they are written.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#time-zones
 */
export function timeZoneFault(zone: string): string | null {
  if (ZONES.has(zone) && isKnownHere(zone)) return null
  // Of short names and of offsets nearly every one is near another: PST is not EST, nor GMT+2 GMT+0.
  const tolerance = /\d/.test(zone) ? 0 : Math.floor(zone.length / 6)
  const meant = nearest(zone, [...ZONES], tolerance)
  const isMeant = meant !== null && isKnownHere(meant)
  return `is no time zone. ${isMeant ? `Did you mean ${meant}?` : 'Use a name such as Europe/Berlin or UTC'}`
}

function isKnownHere(zone: string): boolean {
  try {
    localTimeIn(zone)
    return true
  } catch {
    return false
  }
}
