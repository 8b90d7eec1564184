// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { aeadSeal, keyAndNonce } from './aead.ts';
import { type Bytes, bytesOf, concat, hex, u32, utf8 } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { hashLabel, hashValue, kdf, signedInput } from './domain.ts';
import { type Header, header, message, messageBinding, messageDigest, report, shredHalf } from './layouts/message.ts';
import {
  BUCKETS,
  MAX_INNER,
  frankingCommitment,
  openMessage,
  readMessage,
  sealMessage,
  verifyMessage,
} from './message.ts';
import { openNote } from './note.ts';
import { makeReport, readReport, verifyReport } from './report.ts';
import { Hospital, POLICY, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { Thread } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let shaw: Staff;
let okoro: Staff;
let lind: Staff;
let thread: Thread;
beforeEach(async () => {
  hospital = await Hospital.found('message tests');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  okoro = await hospital.join('Dr Chidi Okoro', 'Registrar');
  lind = await hospital.join('Sr Ana Lind', 'Ward nurse');
  thread = await Thread.open(hospital, shaw, { name: 'Ward 7B' });
  await thread.add(shaw, okoro);
  await thread.add(shaw, lind, { memberRole: 'reader' });
  await thread.rotate(shaw);
});

const context = () => ({ ...thread.witnesses, epoch: thread.newest.epoch });

/** A message with changes to its header, properly signed by somebody. */
async function sent(changes: Partial<Header>, by = shaw, signer = by) {
  return sealMessage({
    header: { ...thread.nextHeader(by), ...changes },
    inner: utf8('{"v":1,"text":"x"}'),
    epochSecret: thread.newest.epochSecret,
    signer: signer.device.key,
    random: hospital.random,
  });
}

const verify = async (bytes: Bytes) => verifyMessage(await readMessage(bytes), context());

test('what is sent is verified, opened, and what was sent', async () => {
  const kept = await thread.send(shaw, 'Potassium 6.1, repeat sent.');
  const read = await readMessage(kept.message);
  await verifyMessage(read, context());
  const { inner, kf } = await openMessage(read, kept.half, thread.newest.epochSecret);
  expect(hex(inner)).toBe(hex(kept.inner));
  expect(kf).toHaveLength(32);
});

describe('refused', () => {
  test('another thread, epoch or record than the header names', async () => {
    await refuses(verify((await sent({ thread: bytesOf(32) })).message), 'broken_chain');
    await refuses(verify((await sent({ epoch: 2 })).message), 'broken_chain');
    await refuses(verify((await sent({ record: bytesOf(32) })).message), 'broken_chain');
  });

  test('a device sequence of 0, a first that follows, a later that does not', async () => {
    await refuses(verify((await sent({ deviceSeq: 0 })).message), 'broken_chain');
    await refuses(verify((await sent({ previous: hospital.random(32) })).message), 'broken_chain');
    await refuses(verify((await sent({ deviceSeq: 2 })).message), 'broken_chain');
  });

  test('by a reader, a stranger, in another’s name, by another’s device', async () => {
    await refuses(verify((await sent({}, lind)).message), 'not_entitled');
    const stranger = await hospital.join('Dr Stranger', 'Registrar');
    await refuses(verify((await sent({}, stranger)).message), 'not_entitled');
    await refuses(verify((await sent({ person: okoro.person })).message), 'revoked_device');
    await refuses(verify((await sent({ device: okoro.device.id })).message), 'revoked_device');
    await refuses(verify((await sent({}, shaw, okoro)).message), 'bad_signature');
  });

  test('by a device that has expired, or of an identity that the record does not list', async () => {
    const late = hospital.tick() + POLICY.deviceLifeMillis;
    await refuses(verify((await sent({ time: late })).message), 'revoked_device');
    await okoro.reset();
    await refuses(verify((await sent({}, okoro)).message), 'wrong_identity');
  });

  test('any changed byte', async () => {
    const { message: bytes } = await sent({});
    for (let at = 0; at < bytes.length; at += 13) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      const attempt = readMessage(changed).then((read) => verifyMessage(read, context()));
      await expect(attempt, `byte ${at}`).rejects.toMatchObject({ name: 'Refusal' });
    }
  });

  test('a ciphertext of another size than padding makes', async () => {
    const { message: bytes } = await sent({});
    const fields = decode(message, bytes);
    const short = encode(message, { ...fields, ciphertext: fields.ciphertext.slice(1) });
    await refuses(verify(short), 'malformed');
  });

  test('a signature made for something else than a message digest', async () => {
    const { message: bytes } = await sent({});
    const fields = decode(message, bytes);
    const read = await readMessage(bytes);
    for (const input of [read.digest, concat(utf8('wardline/v1/message\u0000'), read.digest), bytes]) {
      const signature = await shaw.device.key.sign(input);
      await refuses(verify(encode(message, { ...fields, signature })), 'bad_signature');
    }
  });
});

describe('P7 the shred half', () => {
  test('another half is refused, and no other key opens', async () => {
    const { message: bytes, half } = await sent({});
    const read = await readMessage(bytes);
    await refuses(openMessage(read, hospital.random(32), thread.newest.epochSecret), 'bad_commitment');
    await refuses(openMessage(read, half, hospital.random(32)), 'wrong_secret');
    await refuses(openMessage(read, half, thread.newest.secret), 'wrong_secret');
  });

  test('without it everything that a member keeps does not open', async () => {
    const { message: bytes, half } = await sent({});
    const read = await readMessage(bytes);
    const forged = { ...read, header: { ...read.header, shredCommit: await commit(read.header, bytesOf(32)) } };
    await refuses(openMessage(forged, bytesOf(32), thread.newest.epochSecret), 'wrong_secret');
    expect((await openMessage(read, half, thread.newest.epochSecret)).inner.length).toBeGreaterThan(0);
  });

  test('is committed to with its thread and message, so none is reused', async () => {
    const { header: claim, half } = await sent({});
    const moved = await commit({ ...claim, message: bytesOf(16) }, half);
    expect(hex(moved)).not.toBe(hex(claim.shredCommit));
  });
});

const commit = ({ thread: id, message: name }: Header, half: Bytes) =>
  hashValue(shredHalf, { thread: id, message: name, half });

/** A message whose plaintext is anything, under the right keys, as a hostile member could make it. */
async function handmade(plain: Bytes, commitment: (headerBytes: Bytes) => Promise<Bytes>) {
  const half = hospital.random(32);
  const claim = { ...thread.nextHeader(shaw), shredCommit: bytesOf(32) };
  const headerBytes = encode(header, { ...claim, shredCommit: await commit(claim, half) });
  const committed = await commitment(headerBytes);
  const salt = await hashValue(messageBinding, { header: headerBytes, commitment: committed });
  const secret = concat(thread.newest.epochSecret, half);
  const key = keyAndNonce(await kdf(secret, { label: 'message', salt, length: 44 }));
  const ciphertext = await aeadSeal({ ...key, aad: concat(headerBytes, committed) }, plain);
  const digest = encode(messageDigest, {
    header: headerBytes,
    commitment: committed,
    ciphertext: await hashLabel('ciphertext', ciphertext),
  });
  const signature = await shaw.device.key.sign(signedInput(messageDigest, digest));
  const bytes = encode(message, { header: headerBytes, commitment: committed, ciphertext, signature });
  const read = await readMessage(bytes);
  await verifyMessage(read, context());
  return openMessage(read, half, thread.newest.epochSecret);
}

describe('R38 the commitment, after decryption', () => {
  const kf = new Uint8Array(32).fill(7);
  const inner = utf8('{"v":1,"text":"what was encrypted"}');
  const frame = (key: Bytes, length: number, content: Bytes, size = 256, last = 0) => {
    const plain = bytesOf(size);
    plain.set(concat(key, u32(length), content));
    plain[size - 1] = last;
    return plain;
  };
  const honest = (headerBytes: Bytes) => frankingCommitment(kf, headerBytes, inner);

  test('holds for what was sent', async () => {
    expect((await handmade(frame(kf, inner.length, inner), honest)).inner).toEqual(inner);
  });

  test('an invisible salamander: another text, key or header than was committed to', async () => {
    const other = utf8('{"v":1,"text":"what is reported!"}');
    await refuses(
      handmade(frame(kf, inner.length, inner), (bytes) => frankingCommitment(kf, bytes, other)),
      'bad_commitment',
    );
    await refuses(handmade(frame(bytesOf(32), inner.length, inner), honest), 'bad_commitment');
    await refuses(
      handmade(frame(kf, inner.length, inner), () => frankingCommitment(kf, bytesOf(9), inner)),
      'bad_commitment',
    );
  });

  test('a wrong length, padding that is not zero, a larger bucket than needed', async () => {
    await refuses(handmade(frame(kf, 10, inner), honest), 'bad_commitment');
    await refuses(handmade(frame(kf, 4000, inner), honest), 'bad_commitment');
    await refuses(handmade(frame(kf, 0xffff_ffff, inner), honest), 'bad_commitment');
    await refuses(handmade(frame(kf, inner.length, inner, 256, 1), honest), 'bad_commitment');
    await refuses(handmade(frame(kf, inner.length, inner, 512), honest), 'bad_commitment');
  });

  test('a franking key of another length, which HMAC would pad', async () => {
    await refuses(() => frankingCommitment(bytesOf(31), bytesOf(1), inner), 'bad_commitment');
    await refuses(() => frankingCommitment(bytesOf(64), bytesOf(1), inner), 'bad_commitment');
  });
});

describe('padding', () => {
  test('hides the length up to its bucket', async () => {
    for (const [i, bucket] of BUCKETS.entries()) {
      for (const [length, size] of [
        [bucket - 36, bucket],
        [bucket - 35, BUCKETS[i + 1]],
      ] as const) {
        if (size !== undefined) {
          const sealed = await seal(bytesOf(length));
          expect(decode(message, sealed.message).ciphertext).toHaveLength(size + 16);
        }
      }
    }
  });

  test('a message beyond the largest is refused', async () => {
    await refuses(seal(bytesOf(MAX_INNER + 1)), 'malformed');
  });

  const seal = (inner: Bytes) =>
    sealMessage({
      header: thread.nextHeader(shaw),
      inner,
      epochSecret: thread.newest.epochSecret,
      signer: shaw.device.key,
    });
});

test('sealing twice shares nothing: half, key, commitment, ciphertext', async () => {
  const draft = { header: thread.nextHeader(shaw), inner: utf8('x'), epochSecret: thread.newest.epochSecret };
  const both = await Promise.all([1, 2].map(() => sealMessage({ ...draft, signer: shaw.device.key })));
  const [one, two] = both.map(({ message: bytes }) => decode(message, bytes));
  expect(hex(both[0]?.half ?? bytesOf(0))).not.toBe(hex(both[1]?.half ?? bytesOf(0)));
  expect(hex(one?.commitment ?? bytesOf(0))).not.toBe(hex(two?.commitment ?? bytesOf(0)));
  expect(hex(one?.ciphertext ?? bytesOf(0))).not.toBe(hex(two?.ciphertext ?? bytesOf(0)));
});

test('R22 a revoked device is not believed beyond what was accepted, whatever time it claims', async () => {
  const first = await thread.send(okoro, 'one');
  const second = await thread.send(okoro, 'two');
  await okoro.revoke(okoro.device.id, {
    reason: 'stolen',
    lastAccepted: [{ thread: thread.id, deviceSeq: 1, entry: first.entryHash }],
  });
  await verify(first.message);
  await refuses(verify(second.message), 'revoked_device');
  const backdated = await sent({ time: 1, deviceSeq: 1, previous: bytesOf(32) }, okoro);
  await refuses(verify(backdated.message), 'revoked_device');
});

describe('R38 reports', () => {
  async function reported() {
    const kept = await thread.send(shaw, 'what was said');
    const opened = await openMessage(await readMessage(kept.message), kept.half, thread.newest.epochSecret);
    return { kept, opened, bytes: makeReport(kept.message, opened) };
  }

  test('prove what was sent, without a key of the thread', async () => {
    const { kept, bytes } = await reported();
    expect((await readReport(bytes)).header).toEqual(kept.header);
    const { inner, message: read } = await verifyReport(bytes, context());
    expect(inner).toEqual(kept.inner);
    expect(read.header.person).toEqual(shaw.person);
  });

  test('refuse another text, another key, another message', async () => {
    const { bytes } = await reported();
    const fields = decode(report, bytes);
    const other = await thread.send(okoro, 'something else');
    const wrong = [
      [{ inner: utf8('{"v":1,"text":"what was not said"}') }, 'bad_commitment'],
      [{ kf: bytesOf(32) }, 'bad_commitment'],
      [{ message: other.message }, 'bad_commitment'],
      [{ message: bytesOf(0) }, 'malformed'],
    ] as const;
    for (const [change, code] of wrong) {
      await refuses(verifyReport(encode(report, { ...fields, ...change }), context()), code);
    }
  });
});

describe('notes', () => {
  test('open under their epoch, thread and seq only', async () => {
    const note = await thread.note(3, 'Covering until Monday');
    const name = { thread: thread.id, seq: 3 };
    expect(await openNote(thread.newest.epochSecret, name, note)).toBe('Covering until Monday');
    await refuses(openNote(hospital.random(32), name, note), 'wrong_secret');
    await refuses(openNote(thread.newest.epochSecret, { ...name, seq: 4 }, note), 'wrong_secret');
    await refuses(openNote(thread.newest.epochSecret, { ...name, thread: bytesOf(32) }, note), 'wrong_secret');
    await refuses(openNote(thread.newest.epochSecret, name, { ...note, salt: bytesOf(16) }), 'wrong_secret');
  });

  test('two that race for one seq share no key', async () => {
    const [one, two] = [await thread.note(3, 'same words'), await thread.note(3, 'same words')];
    expect(hex(one.ciphertext)).not.toBe(hex(two.ciphertext));
  });

  test('more than 1024 bytes is refused', async () => {
    await refuses(thread.note(3, 'é'.repeat(513)), 'malformed');
    expect((await thread.note(3, 'é'.repeat(512))).ciphertext).toHaveLength(1040);
  });
});
