/** What the composer notices while somebody writes. The worker's checks decide what may be sent; these only choose the words. */
import type { Finding } from '../../core/contract.ts';
import { withoutMarks } from '../../core/marks.ts';

/**
 * H25: words of an arrest or of somebody dying in front of the writer. Wardline is then the wrong tool, and the screen says so at once.
 * A hit too many costs one line of screen; so it is wide.
 */
const emergency =
  /\b(2222|cardiac arrest|resp(iratory)? arrest|arrest call|crash (call|team|trolley)|peri-?arrest|in arrest|arresting|not breathing|no pulse|pulseless|stopped breathing|cpr|unresponsive|collapsed?|anaphyla\w*|choking|major haemorrhage)\b/i;

export const soundsLikeArrest = (text: string): boolean => emergency.test(text);

export type StopWords = { title: string; text: string; remove: string };

/** Why nothing was sent, without blame. `found` is what the person typed. */
export function stopWords(finding: Finding, patient: string | undefined, unknown = false): StopWords {
  const remove = 'Take it out';
  switch (finding.kind) {
    case 'other-patient':
      if (unknown) {
        return {
          title: 'Not sent: that is an NHS number',
          text: `${finding.found} is a valid NHS number, and nobody has identified this patient yet. If it is theirs, identify the patient with it. Nothing has left this device.`,
          remove,
        };
      }
      return {
        title: 'Not sent: another patient’s NHS number',
        text: `${finding.found} is a valid NHS number, but not the number of ${patient ?? 'the patient of this thread'}. Nothing has left this device.`,
        remove,
      };
    case 'number-outside':
      return {
        title: 'Not sent: that is an NHS number',
        text: `${finding.found} is a valid NHS number. Talk about a patient belongs in a patient thread, where everybody sees who it is about. Nothing has left this device.`,
        remove,
      };
    case 'hospital-number':
      return {
        title: 'Not sent: that looks like a hospital number',
        text: `${finding.found} looks like a patient’s hospital number. Talk about a patient belongs in a patient thread. Nothing has left this device.`,
        remove,
      };
    case 'born-and-name':
      return {
        title: 'Not sent: a name with a date of birth',
        text: `“${finding.found}” identifies a patient. Talk about a patient belongs in a patient thread. Nothing has left this device.`,
        remove,
      };
    case 'hidden-mark':
      return {
        title: 'Not sent: hidden characters',
        text: 'The text has characters that nobody sees and that change the direction in which it reads, so that a dose could read as another one. They often come with copied text. Nothing has left this device.',
        remove: 'Take them out',
      };
    case 'unlinked-patient':
      return {
        title: 'Is this about a patient?',
        text: `“${finding.found}” sounds like a patient whom nobody here can be sure of. Link the patient, so that nobody mixes people up.`,
        remove,
      };
  }
}

/** The text without what was found, spaces tidied where it stood; hidden characters all go at once. */
export function withoutFinding(text: string, finding: Pick<Finding, 'kind' | 'start' | 'end'>): string {
  if (finding.kind === 'hidden-mark') return withoutMarks(text);
  const before = text.slice(0, finding.start).replace(/[ \t]+$/, '');
  const after = text.slice(finding.end).replace(/^[ \t]+/, '');
  const joint = before && after && !/^[\s.,;:!?)]/.test(after) && !before.endsWith('\n') ? ' ' : '';
  return before + joint + after;
}

/**
 * A stretch without a space that is longer than any word. Breaking it between words first, as everything else is broken, takes the browser
 * seconds; it may break anywhere.
 */
export const hasLongRun = (text: string): boolean => /\S{400}/.test(text);

/** What was found, where it stands now; gone when the person has changed it. The same object while nothing moved. */
export function stillThere(text: string, finding: Finding): Finding | undefined {
  const start = text.indexOf(finding.found);
  if (start < 0) return undefined;
  return start === finding.start ? finding : { ...finding, start, end: start + finding.found.length };
}
