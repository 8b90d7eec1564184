/**
 * What is not needed to reach the inbox. Each is fetched when it is first used; all of them are fetched ahead once the inbox has been
 * on the screen for a moment, so that the first tap is quick and everything still opens when the network goes.
 */
import { whenIdle } from '../../platform/idle.ts';
import { part } from '../../ui/part.tsx';

export const threadPart = part(async () => (await import('../thread/ThreadPane.tsx')).ThreadPane);
export const detailsPart = part(async () => (await import('../members/Details.tsx')).Details);
export const sheetsPart = part(async () => (await import('./Sheets.tsx')).Sheets);
export const jumpPart = part(async () => (await import('../jump/Jump.tsx')).Jump);
export const policyPart = part(async () => (await import('../policy/PolicySheets.tsx')).PolicySheets);
export const worklistPart = part(async () => (await import('../worklist/Worklist.tsx')).Worklist);
export const morePart = part(async () => (await import('../settings/More.tsx')).More);

/** What is most likely to be tapped comes first. */
const all = [threadPart, sheetsPart, detailsPart, jumpPart, worklistPart, morePart, policyPart];

/** Long enough for the inbox itself to have all of a slow line. */
const moment = 3000;

/** One after the other, so that nothing that was asked for has to wait behind them. */
export async function fetchAll(): Promise<void> {
  for (const each of all) await each.load();
}

export const fetchAhead = (): (() => void) => whenIdle(moment, () => void fetchAll());
