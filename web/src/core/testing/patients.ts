/** The patient index of the test server: a few people whom it knows, and what it says of them. */
import { type Bytes, bytesOf, equal } from '../../crypto/bytes.ts';
import { decode } from '../../crypto/codec.ts';
import { hashObject, hmac } from '../../crypto/domain.ts';
import { signed } from '../../crypto/layouts/container.ts';
import { type PatientAssertion, patientAssertion } from '../../crypto/layouts/patient.ts';
import { fromBase64url, fromUuidText } from '../../crypto/names.ts';
import { isTemporary } from '../../crypto/patient.ts';
import { sign, unpack } from '../../crypto/signed.ts';
import type { Signer } from '../../crypto/signer.ts';
import { type Body, bytesIn, refuse } from './http.ts';

/** Somebody whom the index knows, or knew until their record was put together with another: `replacedBy` is the number of that one. */
export type Indexed = Omit<
  PatientAssertion,
  'tag' | 'thread' | 'requester' | 'issued' | 'expires' | 'continues' | 'superseded' | 'identifiedBy'
> & { replacedBy?: string };

const john: Indexed = {
  tagKey: 1,
  nhsNumber: '9434765919',
  family: 'Smith',
  given: 'John',
  title: 'Mr',
  birthDate: '1954-03-12',
  hospitalNumber: 'N0041192',
  needs: '',
  restricted: false,
  deceased: '',
  reference: 'Patient/1',
  version: '1',
};

/** Nobody knows who it is. */
export const kestrel: Indexed = {
  ...john,
  nhsNumber: '',
  family: 'Unknown',
  given: 'Kestrel',
  title: '',
  birthDate: '',
  hospitalNumber: 'N0099001',
  reference: 'Patient/2',
};

const hour = 3_600_000;

export class TestIndex {
  readonly records: Indexed[] = [john, kestrel];
  /** What the other source holds otherwise. */
  disagrees: ('name' | 'birthDate')[] = [];
  /** Who could be mistaken for whoever is asked for. */
  namesakes: { name: string; differs: string[]; lastFour: string; hospitalLastFour: string }[] = [];
  away = false;
  readonly #assert: () => Signer;
  readonly #now: () => number;

  constructor(assert: () => Signer, now: () => number) {
    this.#assert = assert;
    this.#now = now;
  }

  /** `present`: the hash of what the thread is linked to, where there is such a thread. */
  async lookUp(body: Body, requester: string, present: Bytes | undefined) {
    if (this.away) refuse(503, 'index_unavailable');
    const [nhs, hospital] = [textIn(body, 'nhsNumber'), textIn(body, 'hospitalNumber')];
    const temporary = body['temporary'] === true;
    const { record, superseded } = this.#find(nhs, hospital);
    if (temporary !== isTemporary(record)) refuse(409, temporary ? 'identity_known' : 'identity_temporary');
    const former = body['former'] ? await this.#former(bytesIn(body['former']), present) : undefined;
    if (present && !former) refuse(409, 'already_linked');
    const compared = [
      { field: 'name', equal: sameName(body, record) },
      ...(temporary ? [] : [{ field: 'birthDate', equal: body['birthDate'] === record.birthDate }]),
      ...(nhs ? [{ field: 'nhsNumber', equal: nhs === record.nhsNumber || nhs === superseded }] : []),
      ...(hospital ? [{ field: 'hospitalNumber', equal: hospital === record.hospitalNumber }] : []),
    ];
    if (compared.some(({ equal: same }) => !same)) {
      return { outcome: 'mismatch', compared, namesakes: [], disagrees: [], source: 'hospital', restricted: false };
    }
    const replaced = former?.value.nhsNumber && former.value.nhsNumber !== record.nhsNumber;
    if (replaced && !this.#led(former.value.nhsNumber, record)) refuse(409, 'another_patient');
    const before = replaced ? former.value.nhsNumber : superseded;
    const by = nhs ? 'nhs-number' : 'hospital-number';
    const assertion = await this.sign(record, String(body['thread']), requester, before, former?.hash, by);
    return {
      outcome: 'matched',
      compared,
      assertion,
      namesakes: this.namesakes,
      disagrees: this.disagrees,
      source: 'hospital',
      restricted: false,
    };
  }

  async check(body: Body, thread: string, requester: string, present: Bytes | undefined) {
    if (this.away) refuse(503, 'index_unavailable');
    const former = await this.#former(bytesIn(body['assertion']), present);
    const { nhsNumber, hospitalNumber } = former.value;
    const there = this.records.find((each) => isAt(each, nhsNumber, hospitalNumber));
    if (!there) return { outcome: 'gone', compared: [] };
    const { record } = this.#find(nhsNumber, hospitalNumber);
    if (isTemporary(former.value)) return { outcome: record === there ? 'current' : 'identified', compared: [] };
    const compared = [
      { field: 'name', equal: sameName(former.value, record) },
      { field: 'birthDate', equal: former.value.birthDate === record.birthDate },
    ];
    if (compared.some(({ equal: same }) => !same)) return { outcome: 'changed', compared };
    if (record.nhsNumber === nhsNumber) return { outcome: 'current', compared };
    const assertion = await this.sign(record, thread, requester, nhsNumber, former.hash, former.value.identifiedBy);
    return { outcome: 'superseded', compared, assertion };
  }

  async #former(bytes: Bytes, present: Bytes | undefined) {
    const { value } = unpack(patientAssertion, bytes);
    const hash = await hashObject(patientAssertion, decode(signed, bytes).object);
    if (!present || !equal(present, hash)) refuse(409, 'not_linked');
    return { value, hash };
  }

  #find(nhs: string, hospital: string): { record: Indexed; superseded: string } {
    const [first = john] = this.records;
    const found = this.records.find((each) => isAt(each, nhs, hospital)) ?? first;
    const next = this.#follow(found);
    return { record: next, superseded: next === found ? '' : found.nhsNumber };
  }

  #follow(record: Indexed): Indexed {
    const { replacedBy } = record;
    const at = ({ nhsNumber, hospitalNumber }: Indexed) => [nhsNumber, hospitalNumber].includes(replacedBy ?? '');
    const next = replacedBy && this.records.find((each) => each !== record && at(each));
    return next ? this.#follow(next) : record;
  }

  #led(number: string, to: Indexed): boolean {
    return this.records.some((each) => each.nhsNumber === number && this.#follow(each) === to);
  }

  /** What the key of the index signs, right or wrong. */
  async sign(
    record: Indexed,
    thread: string,
    requester: string,
    superseded: string,
    continues = bytesOf(32),
    identifiedBy: PatientAssertion['identifiedBy'] = record.nhsNumber ? 'nhs-number' : 'hospital-number',
  ) {
    const content = { ...record };
    delete content.replacedBy;
    const now = this.#now();
    const name = record.nhsNumber || `hospital-number ${record.hospitalNumber}`;
    const value = {
      ...content,
      superseded,
      tag: await hmac(bytesOf(32), new TextEncoder().encode(name)),
      thread: fromBase64url(thread),
      requester: fromUuidText(requester),
      issued: now,
      expires: now + hour,
      continues,
      identifiedBy,
    };
    return sign(patientAssertion, value, { kind: 'assert', by: this.#assert() });
  }
}

const textIn = (body: Body, name: string): string => {
  const value = body[name];
  return typeof value === 'string' ? value : '';
};

const isAt = (record: Indexed, nhs: string, hospital: string): boolean =>
  nhs ? record.nhsNumber === nhs : record.hospitalNumber === hospital;

const sameName = (asked: Body, { family, given }: Indexed): boolean =>
  String(asked['family']).toLowerCase() === family.toLowerCase() &&
  String(asked['given']).toLowerCase() === given.toLowerCase();
