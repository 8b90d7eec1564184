/** Letting people in and taking them out: a signed entry with its reason, new keys in the same step, and history where it is given (R31). */
import { equal } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import type { BuiltEpoch } from '../../crypto/epoch-build.ts';
import { hashObject } from '../../crypto/domain.ts';
import type { ThreadState } from '../../crypto/layouts/epoch.ts';
import type { Layout } from '../../crypto/layout.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { type Add, type Link, add, link, rekey, remove } from '../../crypto/layouts/membership.ts';
import { followMembership } from '../../crypto/membership.ts';
import { MAX_NOTE, type Note, sealNote } from '../../crypto/note.ts';
import { fromUuidText } from '../../crypto/names.ts';
import { sign } from '../../crypto/signed.ts';
import { type Bytes, utf8 } from '../../crypto/bytes.ts';
import type { AddReason, PersonId, RemoveReason } from '../contract.ts';
import { Fault, Unreachable, isProblem } from '../fault.ts';
import type { Ward } from '../ward.ts';
import { giveEpochs } from './grants.ts';
import { adopt, nextEpoch, postOf } from './newKeys.ts';
import { mayWrite, races, refreshMembers } from './rotate.ts';
import type { Thread } from './thread.ts';

export async function addMember(
  thread: Thread,
  { person, reason, note, history }: { person: PersonId; reason: AddReason; note: string; history: boolean },
): Promise<void> {
  const target = fromUuidText(person);
  const identity = await identityOf(thread.ward, target);
  await change(thread, add, {}, async (place) =>
    sign(
      add,
      {
        ...place,
        ...founding,
        target,
        identity,
        history,
        reason,
        note: await seal(thread, place.seq, note),
      },
      byDevice(thread.ward),
    ),
  );
  if (history) await giveEpochs(thread, target, () => true);
}

export async function removeMember(
  thread: Thread,
  { person, reason, note }: { person: PersonId; reason: RemoveReason; note: string },
): Promise<void> {
  const target = fromUuidText(person);
  // Whoever leaves makes no keys for those who stay: the next of them to write does.
  const leaves = equal(target, thread.ward.me.person);
  await change(thread, remove, leaves ? { sameKeys: true } : {}, async (place) =>
    sign(remove, { ...place, target, reason, note: await seal(thread, place.seq, note) }, byDevice(thread.ward)),
  );
}

/**
 * Lets somebody in again whose identity was reset (P4), after this member has made sure that it is theirs. They get back what was sealed to them
 * before, and everything where their add gives the history.
 */
export async function readmitMember(thread: Thread, { person }: { person: PersonId }): Promise<void> {
  const target = fromUuidText(person);
  const identity = await identityOf(thread.ward, target);
  await change(thread, rekey, {}, async (place) => sign(rekey, { ...place, target, identity }, byDevice(thread.ward)));
  await giveEpochs(thread, target, () => true);
}

/**
 * Links the thread to what is known better of its patient now, with the keys that carry it. Refuses when somebody else was faster: then it is
 * another assertion whose place has to be taken.
 */
export async function relinkPatient(
  thread: Thread,
  { tag, assertion, continues }: Pick<Link, 'tag' | 'assertion'> & { continues: Bytes },
  state: ThreadState,
): Promise<void> {
  await change(thread, link, { state }, async (place) => {
    const present = thread.membership?.links.at(-1);
    if (!present || !equal(present.assertion, continues)) throw new Fault('link_moved');
    return sign(link, { ...place, tag, assertion }, byDevice(thread.ward));
  });
}

/** What an add says unless it says otherwise. */
export const founding = {
  memberRole: 'member',
  standby: false,
  until: 0,
  note: null,
} as const satisfies Partial<Add>;

/** The identity that a person's own verified log names now. */
export async function identityOf(ward: Ward, person: Bytes): Promise<Bytes> {
  await ward.people.refresh([person]);
  const log = ward.people.log(person);
  if (!log || log.current.generation === null) {
    await ward.people.describe([person]);
    const { name } = ward.people.card(person);
    throw new Fault('not_enrolled', { message: `${name} has not set up Wardline yet.` });
  }
  return log.current.identity;
}

export function byDevice({ me }: Ward) {
  return { kind: 'device' as const, id: me.device, by: me.signer };
}

/** The part that every next membership entry has. */
export type Place = { thread: Bytes; seq: number; previous: Bytes; person: Bytes; device: Bytes; issued: number };

/** The keys that go with an entry: new ones, unless its author may not make them, with the state as it is, unless it is another one now. */
type Keys = { sameKeys?: true; state?: ThreadState };

/**
 * Appends one entry, with the keys that it calls for. When somebody else changed the thread first, it is made anew for what the thread
 * is then; after a lost answer the log tells whether it is there.
 */
async function change(
  thread: Thread,
  layout: Layout,
  { sameKeys, state }: Keys,
  make: (place: Place) => Promise<Bytes>,
): Promise<void> {
  for (let race = 0; race < races; race++) {
    mayWrite(thread);
    const membership = thread.records.membership;
    if (!membership) throw new Fault('thread_unknown');
    const { seq, head } = membership.current;
    const { me, now, remote } = thread.ward;
    const entry = await make({
      thread: thread.bytes,
      seq: seq + 1,
      previous: head,
      person: me.person,
      device: me.device,
      issued: now(),
    });
    const after = await followMembership(membership, [entry], thread.records.witnesses);
    const built = sameKeys ? undefined : await nextEpoch(thread, after.current, state);
    const hash = await hashObject(layout, decode(signed, entry).object);
    const posted = await post(() => remote.threads.append(thread.id, entry, built && postOf(built)));
    if (posted === 'raced') await refreshMembers(thread);
    await thread.catchUp();
    if (thread.log.position(hash) !== undefined) {
      await settle(thread, built);
      return;
    }
    if (posted !== 'raced') throw posted === 'done' ? new Fault('broken_chain') : posted;
  }
  throw new Fault('membership_moved');
}

async function post(send: () => Promise<unknown>): Promise<'done' | 'raced' | Unreachable> {
  try {
    await send();
    return 'done';
  } catch (thrown) {
    if (isProblem(thrown, 'membership_moved', 'epoch_taken', 'wrong_members', 'rolled_back')) return 'raced';
    if (thrown instanceof Unreachable) return thrown;
    throw thrown;
  }
}

async function settle(thread: Thread, built: BuiltEpoch | undefined): Promise<void> {
  if (built) await adopt(thread, built);
}

/** The free text of an entry, under the newest keys that can be opened. */
async function seal(thread: Thread, seq: number, note: string): Promise<Note | null> {
  const text = note.trim();
  if (text === '') return null;
  if (utf8(text.normalize('NFC')).length > MAX_NOTE) throw new Fault('note_too_long');
  const number = thread.records.newest?.epoch.core.epoch;
  const open = number === undefined ? undefined : await thread.secrets.get(number);
  if (number === undefined || !open) throw new Fault('wrong_secret');
  return sealNote(open.epochSecret, number, { thread: thread.bytes, seq }, text);
}
