// @vitest-environment node
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf } from './bytes.ts';
import { patientAssertion } from './layouts/patient.ts';
import { patientOf, verifyAssertion } from './patient.ts';
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
});
