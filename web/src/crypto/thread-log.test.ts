// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Bytes, bytesOf, hex } from './bytes.ts';
import { decode, encode, typeOf } from './codec.ts';
import { hashObject, hashValue } from './domain.ts';
import { buildEpoch } from './epoch-build.ts';
import { verifyEpoch } from './epoch.ts';
import { signed } from './layouts/container.ts';
import { every } from './layouts/every.ts';
import { type LogEntry, logEntry, logLink } from './layouts/log.ts';
import type { Header } from './layouts/message.ts';
import { readMessage, sealMessage } from './message.ts';
import { LogWalk } from './thread-log.ts';
import { Hospital, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { Thread } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let shaw: Staff;
let okoro: Staff;
let thread: Thread;
beforeEach(async () => {
  hospital = await Hospital.found('log tests');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  thread = await Thread.open(hospital, shaw, { name: 'Ward 7B' });
  await thread.add(shaw, okoro);
  await thread.rotate(shaw);
  await thread.send(shaw, 'one');
  await thread.send(okoro, 'two');
  await thread.send(shaw, 'three');
});

async function walk(entries: readonly LogEntry[], from = new LogWalk(thread.id)): Promise<LogWalk> {
  for (const entry of entries) {
    await from.follow(encode(logEntry, entry));
  }
  return from;
}

/** The log with entry `at` changed, and every hash from there on made to fit, as a server could. */
async function rehashed(at: number, change: (entry: LogEntry) => Promise<LogEntry> | LogEntry): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  let previous = bytesOf(32);
  for (const [i, original] of thread.log.entries()) {
    const entry = i === at ? await change(original) : original;
    const entryHash = await hashOf(entry);
    const logHash = await hashValue(logLink, { thread: thread.id, seq: entry.seq, previous, entry: entryHash });
    entries.push({ ...entry, logHash });
    previous = logHash;
  }
  return entries;
}

async function hashOf({ kind, body }: LogEntry): Promise<Bytes> {
  if (kind === 'message') {
    return (await readMessage(body)).entryHash;
  }
  const { object } = decode(signed, body);
  const layout = every.find(({ type }) => type === typeOf(object));
  return layout === undefined ? bytesOf(32) : hashObject(layout, object);
}

test('a whole log walks, and knows where everything stands', async () => {
  const walked = await walk(thread.log);
  expect(walked.checkpoint).toEqual(thread.walk.checkpoint);
  expect(walked.position(thread.messages[1]?.entryHash ?? bytesOf(0))).toBe(5);
  expect(hex(walked.hashAt(6) ?? bytesOf(0))).toBe(hex(walked.checkpoint.logHash));
  expect(walked.position(bytesOf(32))).toBeUndefined();
});

test('a walk goes on from a checkpoint', async () => {
  const half = await walk(thread.log.slice(0, 4));
  const rest = await walk(thread.log.slice(4), new LogWalk(structuredClone(half.checkpoint)));
  expect(rest.checkpoint).toEqual(thread.walk.checkpoint);
});

test('R20 a tombstone keeps the place of what was destroyed', async () => {
  const [first] = thread.messages;
  if (first !== undefined) {
    thread.destroy(first, bytesOf(32));
  }
  expect(thread.log[3]?.kind).toBe('tombstone');
  expect((await walk(thread.log)).checkpoint).toEqual(thread.walk.checkpoint);
});

/** A log entry whose hash follows from where the walk stands, whatever else it says. */
async function fitted(walk: LogWalk, entry: LogEntry): Promise<Bytes> {
  const { logHash: previous } = walk.checkpoint;
  const link = { thread: entry.thread, seq: entry.seq, previous, entry: await hashOf(entry) };
  return encode(logEntry, { ...entry, logHash: await hashValue(logLink, link) });
}

/** Okoro's next message with changes to its header, as the next entry of the log. */
async function append(changes: Partial<Header>): Promise<void> {
  const sealed = await sealMessage({
    header: { ...thread.nextHeader(okoro), ...changes },
    inner: bytesOf(1),
    epochSecret: thread.newest.epochSecret,
    signer: okoro.device.key,
  });
  const { seq, logHash: previous } = thread.walk.checkpoint;
  const logHash = await hashValue(logLink, { thread: thread.id, seq: seq + 1, previous, entry: sealed.entryHash });
  const place = { thread: thread.id, seq: seq + 1, at: hospital.tick(), logHash };
  await thread.walk.follow(encode(logEntry, { ...place, kind: 'message', body: sealed.message, half: null }));
}

describe('refused', () => {
  test('R01 an entry missing, repeated or moved', async () => {
    const [first, second, third, fourth, ...rest] = thread.log as [LogEntry, LogEntry, LogEntry, LogEntry];
    await refuses(walk([second, third]), 'broken_chain');
    await refuses(walk([first, third]), 'broken_chain');
    await refuses(walk([first, second, second]), 'broken_chain');
    await refuses(walk([first, second, fourth, third, ...rest]), 'broken_chain');
  });

  test('an entry of another thread, and another log hash', async () => {
    const [first] = thread.log as [LogEntry];
    await refuses(walk([{ ...first, thread: bytesOf(32) }]), 'broken_chain');
    await refuses(walk([{ ...first, logHash: bytesOf(32) }]), 'broken_chain');
  });

  test('another create entry, or one that comes later', async () => {
    const other = await Thread.open(hospital, okoro, { name: 'Another' });
    const [foreign] = other.log as [LogEntry];
    await refuses(walk([{ ...foreign, thread: thread.id }]), 'broken_chain');
    const [first, second] = thread.log as [LogEntry, LogEntry];
    await refuses(walk([first, { ...second, kind: 'create', body: first.body }]), 'broken_chain');
    await refuses(walk([{ ...first, kind: 'membership' }]), 'broken_chain');
  });

  test('a body of another kind than the entry says, and a half beside something else', async () => {
    const [first, second] = thread.log as [LogEntry, LogEntry];
    await refuses(walk([first, { ...second, kind: 'epoch' }]), 'malformed');
    await refuses(walk([first, { ...second, kind: 'message' }]), 'malformed');
    await refuses(walk([{ ...first, half: { half: bytesOf(32) } }]), 'malformed');
  });

  test('the same with every hash made to fit, as a server could', async () => {
    const [first, second] = thread.log as [LogEntry, LogEntry];
    const other = await Thread.open(hospital, okoro, { name: 'Another' });
    const fresh = new LogWalk(thread.id);
    await refuses(fresh.follow(await fitted(fresh, { ...first, thread: other.id })), 'broken_chain');
    await refuses(fresh.follow(await fitted(fresh, { ...first, body: other.create })), 'broken_chain');
    await fresh.follow(await fitted(fresh, first));
    await refuses(fresh.follow(await fitted(fresh, { ...second, seq: 3 })), 'broken_chain');
    await fresh.follow(await fitted(fresh, second));
    await refuses(fresh.follow(await fitted(fresh, { ...second, seq: 3 })), 'broken_chain');
  });

  test('replay: a message again, in the name of the log', async () => {
    const forged = await rehashed(5, (entry) => ({ ...entry, body: thread.log[3]?.body ?? entry.body }));
    await refuses(walk(forged), 'broken_chain');
  });

  test('a message withheld: whoever wrote later had seen it', async () => {
    const entries = thread.log.filter((_, i) => i !== 3);
    const renumbered = entries.map((entry, i) => ({ ...entry, seq: i + 1 }));
    thread.log.splice(0, thread.log.length, ...renumbered);
    await refuses(walk(await rehashed(-1, (entry) => entry)), 'rolled_back');
  });

  test('a device’s messages that do not follow one another', async () => {
    const { deviceSeq, previous } = thread.nextHeader(okoro);
    const seen = { seenSeq: 1, seenHash: thread.log[0]?.logHash ?? bytesOf(32) };
    await refuses(append({ ...seen, deviceSeq: deviceSeq + 1 }), 'broken_chain');
    await refuses(append({ ...seen, deviceSeq: deviceSeq - 1 }), 'broken_chain');
    await refuses(append({ ...seen, previous: hospital.random(32) }), 'broken_chain');
    await refuses(append({ ...seen, previous: thread.messages[0]?.entryHash ?? previous }), 'broken_chain');
    await append(seen);
  });

  test('a split view: the author had seen another log', async () => {
    const { header } = thread.messages[1] ?? (await thread.send(okoro, 'never'));
    const forged = await rehashed(3, async (entry) => {
      const other = await sealMessage({
        header: { ...(thread.messages[0]?.header ?? header), message: hospital.random(16) },
        inner: bytesOf(1),
        epochSecret: thread.newest.epochSecret,
        signer: shaw.device.key,
      });
      return { ...entry, body: other.message, half: { half: other.half } };
    });
    await refuses(walk(forged), 'broken_chain');
  });

  test('an author who saw another hash than is here, at a place that is here', async () => {
    await refuses(append({ seenHash: hospital.random(32) }), 'broken_chain');
    await refuses(append({ seenSeq: 0 }), 'broken_chain');
    await append({ seenSeq: 0, seenHash: bytesOf(32) });
  });

  test('an author who had seen what is not here', async () => {
    const { seq } = thread.walk.checkpoint;
    await refuses(append({ seenSeq: 9, seenHash: hospital.random(32) }), 'rolled_back');
    expect(thread.walk.checkpoint.seq).toBe(seq);
  });
});

describe('stale: somebody who was removed writes no more, whoever helps them', () => {
  test('a message under a record from before the newest membership entry', async () => {
    await thread.rename(shaw, 'moved');
    await refuses(append({}), 'stale_epoch');
    await thread.rotate(shaw);
    await append({});
  });

  test('a message under an earlier record, or before any', async () => {
    const { recordHash } = thread.newest;
    await thread.rotate(shaw);
    await refuses(append({ epoch: 1, record: recordHash }), 'stale_epoch');
    const early = await Thread.open(hospital, okoro, { name: 'No epoch yet' });
    const { header, message } = thread.messages[0] ?? (await thread.send(shaw, 'never'));
    const read = await readMessage(message);
    const link = { thread: early.id, seq: 2, previous: early.walk.checkpoint.logHash, entry: read.entryHash };
    const place = { thread: early.id, seq: 2, at: 1, logHash: await hashValue(logLink, link), half: null };
    const entry = encode(logEntry, { ...place, kind: 'message', body: message });
    await refuses(early.walk.follow(entry), 'stale_epoch');
    expect(header.epoch).toBe(1);
  });

  test('a record that names the membership from before the removal', async () => {
    const before = thread.membership.current;
    await thread.remove(shaw, okoro);
    const built = await buildEpoch({
      membership: before,
      previous: thread.newest.epoch,
      chain: hospital.chain,
      people: hospital.people,
      state: thread.state,
      author: okoro.author,
      issued: hospital.tick(),
    });
    const context = { ...thread.witnesses, membership: thread.membership, previous: thread.newest.epoch, fresh: true };
    expect((await verifyEpoch(built.record, context)).core.epoch).toBe(2); // right but for its place in the log
    const { seq, logHash: previous } = thread.walk.checkpoint;
    const link = { thread: thread.id, seq: seq + 1, previous, entry: built.recordHash };
    const place = { thread: thread.id, seq: seq + 1, at: 1, logHash: await hashValue(logLink, link), half: null };
    const entry = encode(logEntry, { ...place, kind: 'epoch', body: built.record });
    await refuses(thread.walk.follow(entry), 'stale_epoch');
  });
});

describe('a bookmark', () => {
  const bookmark = () => ({
    thread: thread.id,
    membershipSeq: thread.membership.current.seq,
    membershipHead: thread.membership.current.head,
    epoch: 1,
    seq: thread.walk.checkpoint.seq,
    logHash: thread.walk.checkpoint.logHash,
  });
  const check = (changes: object) => () => {
    thread.walk.checkBookmark({ ...bookmark(), ...changes }, thread.membership, 1);
  };

  test('that the thread has reached or passed is fine', async () => {
    const before = bookmark();
    check({})();
    await thread.send(okoro, 'later');
    thread.walk.checkBookmark(before, thread.membership, 1);
    check({ seq: 0, logHash: bytesOf(32), membershipSeq: 0, membershipHead: thread.id })();
  });

  test('that is ahead in log, membership or epoch is a rollback', async () => {
    await refuses(check({ seq: 99 }), 'rolled_back');
    await refuses(check({ membershipSeq: 99 }), 'rolled_back');
    await refuses(check({ epoch: 2 }), 'rolled_back');
  });

  test('of another thread or history is a split view', async () => {
    await refuses(check({ thread: bytesOf(32) }), 'broken_chain');
    await refuses(check({ logHash: bytesOf(32) }), 'broken_chain');
    await refuses(check({ membershipHead: bytesOf(32) }), 'broken_chain');
  });
});
