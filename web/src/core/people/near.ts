/** How near staff are to whoever looks for them: whom they write to, with whom they share a thread, who is on their ward. */
import { uuidText } from '../../crypto/names.ts';
import type { PersonId } from '../contract.ts';
import { spaceOf } from '../thread/head.ts';
import type { Threads } from '../thread/threads.ts';
import type { Ward } from '../ward.ts';
import type { Nearness } from './finder.ts';
import { foldName } from './name.ts';

const writesTo = 3;
const sharesThread = 2;
const sameWard = 1;

export function nearnessOf({ me, people }: Ward, threads: Threads): Nearness {
  const near = new Map<PersonId, number>();
  for (const thread of threads.all) {
    if (thread.left || !thread.membership) continue;
    const how = spaceOf(thread) === 'direct' ? writesTo : sharesThread;
    for (const { person } of thread.membership.members.values()) {
      const id = uuidText(person);
      near.set(id, Math.max(near.get(id) ?? 0, how));
    }
  }
  const ward = foldName(people.profile(me.id)?.ward ?? '');
  const wards = new Map<string, number>();
  return (person) => {
    const known = near.get(person.person);
    if (known !== undefined || ward === '') return known ?? 0;
    let there = wards.get(person.ward);
    if (there === undefined) wards.set(person.ward, (there = foldName(person.ward) === ward ? sameWard : 0));
    return there;
  };
}
