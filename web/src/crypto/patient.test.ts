// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf } from './bytes.ts';
import { type PatientAssertion, patientAssertion } from './layouts/patient.ts';
import { isTemporary, patientOf, samePatient, verifyAssertion } from './patient.ts';
import { sign, unpack } from './signed.ts';
import { Hospital, type Staff } from './vectors/hospital.ts';
import { refuses } from './vectors/refuses.ts';
import { Thread, byDevice } from './vectors/thread.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let hospital: Hospital;
let shaw: Staff;
let thread: Thread;
beforeEach(async () => {
  hospital = await Hospital.found('patient tests');
  shaw = await hospital.join('Dr Maeve Shaw', 'Consultant');
  thread = await Thread.open(hospital, shaw, { space: 'patient' });
  await thread.link(shaw, {});
});

const patient = (state = thread.state, of = thread) => patientOf(state, of.membership.current, hospital.chain);
const state = (assertion: Uint8Array<ArrayBuffer>) => ({ name: '', assertion: { assertion } });
const value = () => unpack(patientAssertion, thread.assertion ?? bytesOf(0)).value;
const byAssert = () => ({ kind: 'assert', by: hospital.server.assert }) as const;

test('R11 the patient that a member linked', async () => {
  expect((await patient())?.family).toBe('Smith');
  await hospital.renewManifest();
  expect((await patient())?.nhsNumber).toBe('9434765919');
});

describe('R11 refused', () => {
  test('a patient thread without its patient, or before it is linked', async () => {
    await refuses(patient({ name: '', assertion: null }), 'wrong_identity');
    const unlinked = await Thread.open(hospital, shaw, { space: 'patient' });
    await refuses(patient(thread.state, unlinked), 'wrong_identity');
  });

  test('R33 a patient in a thread that is not a patient thread', async () => {
    const team = await Thread.open(hospital, shaw, { name: 'Team' });
    expect(await patient(team.state, team)).toBeNull();
    await refuses(patient(thread.state, team), 'not_entitled');
  });

  test('the assertion of another thread', async () => {
    const other = await Thread.open(hospital, shaw, { space: 'patient' });
    await other.link(shaw, {});
    await refuses(patient(other.state), 'wrong_identity');
    await refuses(verifyAssertion(thread.assertion ?? bytesOf(0), hospital.chain, other.id), 'wrong_identity');
  });

  test('another patient than the linked one, for this thread', async () => {
    for (const change of [{ family: 'Smyth' }, { tag: bytesOf(32) }, { nhsNumber: '9000000009' }]) {
      const other = await sign(patientAssertion, { ...value(), ...change }, byAssert());
      await refuses(patient(state(other)), 'wrong_identity');
    }
  });

  test('an assertion by a member, or by a server key of another purpose', async () => {
    await refuses(patient(state(await sign(patientAssertion, value(), byDevice(shaw)))), 'wrong_purpose');
    const { bind } = hospital.server;
    await refuses(patient(state(await sign(patientAssertion, value(), { kind: 'bind', by: bind }))), 'wrong_purpose');
    const disguised = { kind: 'assert', by: bind } as const;
    await refuses(patient(state(await sign(patientAssertion, value(), disguised))), 'bad_signature');
    await refuses(patient(state(await sign(patientAssertion, value()))), 'bad_signature');
    await refuses(patient(state(bytesOf(3))), 'malformed');
  });

  test('one that was linked after it had expired', async () => {
    const late = await Thread.open(hospital, shaw, { space: 'patient' });
    await late.link(shaw, { expires: 1 });
    await refuses(patient(late.state, late), 'not_entitled');
  });

  test('one that names nobody', async () => {
    for (const nobody of [{ nhsNumber: '' }, { birthDate: '' }]) {
      const none = await sign(patientAssertion, { ...value(), hospitalNumber: '', ...nobody }, byAssert());
      await refuses(verifyAssertion(none, hospital.chain, thread.id), 'wrong_identity');
    }
  });
});

const kestrel = {
  nhsNumber: '',
  birthDate: '',
  family: 'Unknown',
  given: 'Kestrel',
  hospitalNumber: 'N0099001',
  identifiedBy: 'hospital-number',
} as const;

describe('R11 a later link', () => {
  test('takes the place of the one before, each epoch with the link of its own time', async () => {
    await thread.rotate(shaw);
    const before = thread.state;
    await thread.link(shaw, { nhsNumber: '9990475466', superseded: '9434765919' });
    const after = await thread.rotate(shaw);
    expect((await patient())?.nhsNumber).toBe('9990475466');
    expect((await patientOf(before, thread.epochs[0]?.epoch.membership ?? failed(), hospital.chain))?.nhsNumber).toBe(
      '9434765919',
    );
    // What was true of the thread before is refused after it, and the other way round.
    await refuses(patientOf(before, after.epoch.membership, hospital.chain), 'wrong_identity');
    await refuses(
      patientOf(thread.state, thread.epochs[0]?.epoch.membership ?? failed(), hospital.chain),
      'wrong_identity',
    );
  });

  test('is refused where its assertion continues another one, none, or is the first and continues one', async () => {
    for (const continues of [bytesOf(32), bytesOf(32).fill(7)]) {
      const other = await Thread.open(hospital, shaw, { space: 'patient' });
      await other.link(shaw, {});
      await other.link(shaw, { superseded: '9434765919', continues });
      await refuses(patient(other.state, other), 'wrong_identity');
    }
    const first = await Thread.open(hospital, shaw, { space: 'patient' });
    await first.link(shaw, { continues: bytesOf(32).fill(7) });
    await refuses(patient(first.state, first), 'wrong_identity');
  });

  test('an unknown patient is somebody with a number of the hospital alone', async () => {
    const unknown = await Thread.open(hospital, shaw, { space: 'patient' });
    await unknown.link(shaw, kestrel);
    const found = await patient(unknown.state, unknown);
    expect(found && isTemporary(found)).toBe(true);
    expect(isTemporary(value())).toBe(false);
    expect(isTemporary({ nhsNumber: '', birthDate: '1954-03-12' })).toBe(false);
  });

  test('never becomes another patient, however right its place in the chain is', () => {
    const john = { ...value(), hospitalNumber: 'N0041192' };
    const joan: PatientAssertion = { ...john, given: 'Joan', nhsNumber: '9000000009' };
    const unknown: PatientAssertion = { ...john, ...kestrel };
    const same = [
      [john, { ...john, family: 'Smythe' }],
      [john, { ...john, nhsNumber: '9990475466', superseded: '9434765919' }],
      [unknown, john],
      [unknown, { ...unknown, given: 'Heron' }],
      [john, { ...john, identifiedBy: 'hospital-number' }],
    ] as const;
    for (const [former, next] of same) expect(() => samePatient(former, next)).not.toThrow();
    const others = [
      [john, joan],
      [john, { ...joan, superseded: '9990475466' }],
      [john, unknown],
      [john, { ...john, nhsNumber: '', birthDate: '' }],
      [john, { ...john, nhsNumber: '', superseded: '9434765919' }],
      [unknown, { ...unknown, hospitalNumber: '' }],
      [john, { ...john, hospitalNumber: '', identifiedBy: 'hospital-number' }],
      [unknown, { ...unknown, identifiedBy: 'nhs-number' }],
    ] as const;
    for (const [former, next] of others) {
      expect(() => samePatient(former, next)).toThrow(expect.objectContaining({ code: 'wrong_identity' }));
    }
  });
});

function failed(): never {
  throw new TypeError('no such epoch');
}
