/** What is said about a policy in lists and headings. */
import type { Policy } from '../../core/contract.ts';
import { whenInWords } from '../../ui/dates.ts';

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });

export const fullDate = (at: number): string => day.format(at);

export const versionWords = ({ version, effectiveAt }: Policy): string =>
  `Version ${version}, in force since ${fullDate(effectiveAt)}`;

/** How it stands with me. */
export function standing(policy: Policy, now: number): string | undefined {
  if (policy.asKept) return undefined;
  if (policy.acceptedAt) return `You accepted it ${whenInWords(policy.acceptedAt, now)}.`;
  if (!policy.required) return 'To be read.';
  if (!policy.needed && policy.deferredUntil)
    return `It waits for the end of your duty, until ${whenInWords(policy.deferredUntil, now)} at the latest.`;
  return 'You have not accepted it yet.';
}
