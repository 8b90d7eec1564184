/** Which thread goes on from another that has stopped: said by a message of somebody who was there, about the same patient. */
import { type Bytes, equal, hex } from '../../crypto/bytes.ts';
import type { ThreadId } from '../contract.ts';
import type { Ward } from '../ward.ts';
import { spaceOf } from './head.ts';
import { quarantineIn } from './quarantine.ts';
import type { Thread } from './thread.ts';

/** May a message in one thread say that it goes on from another? Its author was there, and it is about the same. */
export function mayContinue(from: Thread, to: Thread, author: Bytes): boolean {
  const sameSpace = spaceOf(from) === spaceOf(to);
  // The right patient of a thread about the wrong one is another patient.
  const samePatient =
    spaceOf(from) !== 'patient' ||
    quarantineIn(from) !== undefined ||
    tagsOf(from).some((tag) => tagsOf(to).some((other) => equal(tag, other)));
  return from !== to && sameSpace && samePatient && from.membership?.ever.has(hex(author)) === true;
}

/** Of the patient as they were first known, and as it was said better since. */
const tagsOf = ({ membership }: Thread): Bytes[] => membership?.links.map(({ tag }) => tag) ?? [];

/** What every thread that says so goes on from. Only its first messages are asked. */
export function continuesIn(ward: Ward, thread: Thread): { from: ThreadId; author: Bytes }[] {
  if (ward.closed()) return [];
  const found = [];
  let looked = 0;
  for (const entry of thread.log.from(1)) {
    if (entry.kind !== 'message') continue;
    looked += 1;
    if (looked > opening) break;
    const content = thread.reading.known(entry.seq);
    if (content?.state !== 'open' || content.inner.kind !== 'text' || !content.inner.continues) continue;
    found.push({ from: content.inner.continues, author: entry.header.person });
  }
  return found;
}

/** How many messages of a thread may be the one that opens it: people write at once. */
const opening = 8;
