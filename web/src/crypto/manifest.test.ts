// @vitest-environment node
import { beforeAll, describe, expect, test } from 'vitest';
import { type Bytes, bytesOf } from './bytes.ts';
import { encode } from './codec.ts';
import { hashObject } from './domain.ts';
import { type RootManifest, policy, rootManifest } from './layouts/manifest.ts';
import { manifestNamed, openPolicy, pinOf, serverKey, verifyManifests } from './manifest.ts';
import { type Signing, cosign, sign, unpack } from './signed.ts';
import { Hospital, POLICY, bySeat } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';

let hospital: Hospital;
let first: Bytes;
let fingerprint: Bytes;
beforeAll(async () => {
  hospital = await Hospital.found('manifest tests');
  first = hospital.manifests[0] ?? bytesOf(0);
  fingerprint = await hashObject(rootManifest, unpack(rootManifest, first).object);
});

const verify = (manifests: readonly Bytes[]) => verifyManifests(manifests, { version: 1, fingerprint });
const seats = (...indexes: number[]): Signing[] =>
  hospital.seats.filter(({ index }) => indexes.includes(index)).map(bySeat);

async function next(changes: Partial<RootManifest>, ...signings: Signing[]): Promise<Bytes> {
  return sign(rootManifest, await hospital.draftManifest(changes), ...signings);
}

test('version 1 with all its seats is accepted, by version and by fingerprint alone', async () => {
  expect((await verify([first])).current.version).toBe(1);
  expect((await verifyManifests([first], { fingerprint })).current.version).toBe(1);
});

test('version 2 by two of three seats of version 1 is accepted, and can be pinned', async () => {
  const chain = await verify([first, await next({}, ...seats(1, 3))]);
  expect(pinOf(chain).version).toBe(2);
  expect(manifestNamed(chain, fingerprint).version).toBe(1);
  expect(serverKey(chain.current, 'remove')).toEqual(hospital.server.remove.publicKey);
});

describe('refused', () => {
  test('no manifest at all', async () => {
    await refuses(verify([]), 'broken_chain');
  });

  test('a self-signed manifest: complete in itself, of seats that nobody pinned', async () => {
    const other = await Hospital.found('another hospital');
    await refuses(verify(other.manifests), 'broken_chain');
  });

  test('version 1 without one of its seats', async () => {
    const draft = unpack(rootManifest, first).value;
    const partial = await sign(rootManifest, draft, ...seats(1, 2));
    await refuses(verify([partial]), 'not_entitled');
    await refuses(verify([await sign(rootManifest, draft)]), 'bad_signature');
  });

  test('version 2 by one seat, by its own new seats, by a server key, or with one more signature', async () => {
    await refuses(verify([first, await next({}, ...seats(1))]), 'not_entitled');
    const fresh = { index: 1, sign: await hospital.newKey(), sealSeed: hospital.random(32) };
    const usurped = await next({}, bySeat(fresh), ...seats(2));
    await refuses(verify([first, usurped]), 'bad_signature');
    const server: Signing = { kind: 'bind', by: hospital.server.bind };
    await refuses(verify([first, await next({}, server)]), 'not_entitled');
    await refuses(verify([first, await next({}, ...seats(1, 2), server)]), 'wrong_purpose');
    await refuses(verify([first, await next({}, ...seats(1, 2), { ...bySeat(fresh), index: 9 })]), 'not_entitled');
  });

  test('a version that skips, repeats or does not follow', async () => {
    await refuses(verify([first, await next({ version: 3 }, ...seats(1, 2))]), 'broken_chain');
    await refuses(verify([first, first]), 'broken_chain');
    await refuses(verify([first, await next({ previous: bytesOf(32) }, ...seats(1, 2))]), 'broken_chain');
    await refuses(verify([await next({ version: 2 }, ...seats(1, 2))]), 'broken_chain');
  });

  test('a downgrade: a chain that ends below the pinned version', async () => {
    const second = await next({}, ...seats(1, 2));
    const pin = pinOf(await verify([first, second]));
    await refuses(verifyManifests([first], pin), 'rolled_back');
    const rival = await next({ minClient: 7 }, ...seats(1, 2));
    await refuses(verifyManifests([first, rival], pin), 'broken_chain');
  });

  test('a later suite than this client has', async () => {
    await refuses(verify([first, await next({ minSuite: 2 }, ...seats(1, 2))]), 'unsupported_suite');
    await refuses(verify([first, await next({ minSuite: 0 }, ...seats(1, 2))]), 'malformed');
  });

  test('too low a threshold, too few seats, a missing purpose, a key in two places', async () => {
    const { serverKeys, seats: all } = await hospital.draftManifest();
    const wrong: Partial<RootManifest>[] = [
      { threshold: 1 },
      { threshold: 3 },
      { seats: all.slice(0, 2) },
      { serverKeys: serverKeys.slice(1) },
      { serverKeys: serverKeys.map((entry) => ({ ...entry, key: hospital.server.bind.publicKey })) },
      { seats: all.map((seat) => ({ ...seat, seal: all[0]?.seal ?? seat.seal })) },
      { seats: all.map((seat, i) => (i === 0 ? { ...seat, sign: hospital.server.audit.publicKey } : seat)) },
      { seats: all.map((seat, i) => ({ ...seat, index: i })) },
    ];
    for (const change of wrong) {
      await refuses(verify([first, await next(change, ...seats(1, 2))]), 'malformed');
    }
  });
});

test('seats sign one after the other', async () => {
  let manifest = await next({}, ...seats(2));
  await refuses(verify([first, manifest]), 'not_entitled');
  manifest = await cosign(rootManifest, manifest, ...seats(1));
  expect((await verify([first, manifest])).current.version).toBe(2);
});

test('only the policy that the manifest names is opened', async () => {
  const chain = await verify([first]);
  expect(await openPolicy(chain, hospital.policy)).toEqual(POLICY);
  const softer = encode(policy, { ...POLICY, rotateAfterMessages: 9 });
  await refuses(openPolicy(chain, softer), 'broken_chain');
});

test('a manifest that is not in the chain names nothing', async () => {
  const chain = await verify([first]);
  await refuses(() => manifestNamed(chain, bytesOf(32)), 'broken_chain');
});
