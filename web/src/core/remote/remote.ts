/** The server as the core sees it: every route that it uses, by noun. */
import * as v from 'valibot';
import { withBase64 } from '../../api/base64.ts';
import type { Bytes } from '../../crypto/bytes.ts';
import type { DeviceKind } from '../contract.ts';
import type { Http } from './http.ts';
import * as s from './shapes.ts';

export type EpochPost = { record: Bytes; envelopes: readonly Bytes[]; sealedState: Bytes };

export type Completion = {
  token: string;
  code: string;
  authKey: Bytes;
  salt: Bytes;
  memoryKiB: number;
  passes: number;
  log: readonly Bytes[];
  sealedVault: Bytes;
  sealedIdentity: Bytes;
  unlockerBlob: Bytes;
  akWrap: Bytes;
  deviceKind: DeviceKind;
  agreement: boolean;
  noticeAccepted: boolean;
};

export type Binding = { device: string; entry?: Bytes; signature: Bytes; agreement: boolean };
export type Question = { thread: string; nhsNumber: string; family: string; given: string; birthDate: string };
export type Source = { message: string; entry: string };
export type Submission = {
  filing: string;
  decision: string;
  sources: readonly Source[];
  assertion: Bytes;
  title: string;
  document: Bytes;
  documentHash: string;
};

export type Remote = ReturnType<typeof createRemote>;

export function createRemote(http: Http) {
  const { nothing } = s;
  const at = (thread: string, rest = '') => `/v1/threads/${thread}${rest}`;
  return {
    about: () => http.call(s.about, 'GET', '/v1/about'),

    enrolment: {
      start: (token: string) => http.call(s.invitation, 'POST', '/v1/enrolment/start', { token }),
      complete: (completion: Completion) =>
        http.call(
          v.object({ log: s.list(s.bytes), session: s.session }),
          'POST',
          '/v1/enrolment/complete',
          withBase64(completion),
        ),
    },

    signIn: {
      parameters: (userName: string) =>
        http.call(v.object({ salt: s.bytes, memoryKiB: s.count, passes: s.count }), 'POST', '/v1/sign-in/parameters', {
          userName,
        }),
      password: (userName: string, authKey: Bytes) =>
        http.call(v.object({ ticket: s.bytes }), 'POST', '/v1/sign-in/password', withBase64({ userName, authKey })),
      code: (ticket: Bytes, code: string) =>
        http.call(
          v.object({ session: s.session, challenge: s.bytes, unlock: s.unlock }),
          'POST',
          '/v1/sign-in/code',
          withBase64({ ticket, code }),
        ),
    },

    session: {
      present: () => http.call(v.object({ session: s.session, locked: v.boolean() }), 'GET', '/v1/session'),
      bind: (binding: Binding) =>
        http.call(v.object({ session: s.session }), 'POST', '/v1/session/device', withBase64(binding)),
      unlock: (authKey: Bytes) =>
        http.call(
          v.object({ session: s.session, unlock: s.unlock }),
          'POST',
          '/v1/session/unlock',
          withBase64({ authKey }),
        ),
      lock: () => http.call(nothing, 'POST', '/v1/session/lock'),
      end: () => http.call(nothing, 'POST', '/v1/session/end'),
    },

    vault: {
      get: () => http.call(s.unlock, 'GET', '/v1/vault'),
      put: (sealedVault: Bytes) =>
        http.call(v.object({ version: s.count }), 'PUT', '/v1/vault', withBase64({ sealedVault })),
    },

    manifests: () => http.call(s.manifests, 'GET', '/v1/manifests'),

    people: {
      find: (query: string, after?: string, limit = 100) =>
        http.call(
          v.object({ people: s.list(s.person), next: v.optional(s.uuid) }),
          'GET',
          `/v1/people?${new URLSearchParams({ ...(query ? { query } : {}), ...(after ? { after } : {}), limit: String(limit) }).toString()}`,
        ),
      get: (person: string) => http.call(s.person, 'GET', `/v1/people/${person}`),
      logs: (people: readonly { person: string; afterSeq: number }[]) =>
        http.call(
          v.object({ logs: s.list(v.object({ person: s.uuid, entries: s.list(s.bytes) })) }),
          'POST',
          '/v1/people/logs',
          { people },
        ),
    },

    threads: {
      create: (create: Bytes, entries: readonly Bytes[], epoch: EpochPost) =>
        http.call(
          v.object({ thread: s.digest, seq: s.count }),
          'POST',
          '/v1/threads',
          withBase64({ create, entries, epoch }),
        ),
      heads: () => http.call(v.object({ threads: s.list(s.head) }), 'GET', '/v1/threads'),
      head: (thread: string) => http.call(s.head, 'GET', at(thread)),
      log: (thread: string, after: number, limit = 500) =>
        http.call(
          v.object({ entries: s.list(s.bytes), more: v.boolean() }),
          'GET',
          at(thread, `/log?after=${after}&limit=${limit}`),
        ),
      append: (thread: string, entry: Bytes, epoch?: EpochPost) =>
        http.call(
          v.object({ seq: s.count }),
          'POST',
          at(thread, '/entries'),
          withBase64({ entry, ...(epoch ? { epoch } : {}) }),
        ),
      rotate: (thread: string, epoch: EpochPost) =>
        http.call(v.object({ seq: s.count, epoch: s.count }), 'POST', at(thread, '/epochs'), withBase64(epoch)),
      epochs: (thread: string, from: number, limit: number) =>
        http.call(v.object({ epochs: s.list(s.epoch) }), 'GET', at(thread, `/epochs?from=${from}&limit=${limit}`)),
      grant: (thread: string, grant: Bytes, envelopes: readonly Bytes[]) =>
        http.call(nothing, 'POST', at(thread, '/grants'), withBase64({ grant, envelopes })),
      grants: (thread: string) => http.call(v.object({ grants: s.list(s.grant) }), 'GET', at(thread, '/grants')),
      send: (thread: string, message: Bytes, half: Bytes) =>
        http.call(s.accepted, 'POST', at(thread, '/messages'), withBase64({ message, half })),
      sent: (thread: string, message: string) => http.call(s.accepted, 'GET', at(thread, `/messages/${message}`)),
      reached: (thread: string, seq: number) => http.call(nothing, 'POST', at(thread, '/reached'), { seq }),
      seen: (thread: string, seq: number) => http.call(nothing, 'POST', at(thread, '/seen'), { seq }),
      marks: (thread: string) => http.call(v.object({ marks: s.list(s.mark) }), 'GET', at(thread, '/marks')),
    },

    liveTicket: () => http.call(v.object({ ticket: s.text(200) }), 'POST', '/v1/live/ticket'),

    patients: {
      lookUp: (question: Question) => http.call(s.lookUp, 'POST', '/v1/patients/look-up', question),
    },

    filings: {
      file: (thread: string, submission: Submission) =>
        http.call(s.filing, 'POST', at(thread, '/filings'), withBase64(submission)),
      list: (thread: string) => http.call(v.object({ filings: s.list(s.filing) }), 'GET', at(thread, '/filings')),
      retry: (thread: string, filing: string) => http.call(s.filing, 'POST', at(thread, `/filings/${filing}/retry`)),
    },
  };
}
