/** The server as the core sees it: every route that it uses, by noun. */
import * as v from 'valibot';
import type { Bytes } from '../../crypto/bytes.ts';
import type { Http } from './http.ts';
import { type Body, Routes } from './route.ts';
import * as s from './shapes.ts';

export type EpochPost = Body<'EpochPost', 'record' | 'envelopes' | 'sealedState'>;
export type Completion = Body<
  'CompleteInputBody',
  'authKey' | 'salt' | 'log' | 'sealedVault' | 'sealedIdentity' | 'unlockerBlob' | 'akWrap'
>;
export type Binding = Body<'BindInputBody', 'entry' | 'signature'>;
export type Question = Body<'LookUpInputBody', 'former'>;
export type Source = Body<'SourceBody'>;
export type Withdrawal = Body<'WithdrawInputBody', 'assertion'>;
export type Submission = Body<'FileInputBody', 'assertion' | 'document'>;

export type Remote = ReturnType<typeof createRemote>;

export function createRemote(http: Http) {
  const routes = new Routes(http);
  const { nothing } = s;
  return {
    /** The key to which the session is bound. */
    prover: http.prover,

    about: () => routes.call('GET', '/v1/about', s.about),

    /** For parts that come later and bring their routes with them. */
    http,

    enrolment: {
      start: (token: string) => routes.call('POST', '/v1/enrolment/start', s.invitation, { body: { token } }),
      complete: (completion: Completion) =>
        routes.call('POST', '/v1/enrolment/complete', v.object({ log: s.list(s.bytes), session: s.session }), {
          body: completion,
        }),
    },

    signIn: {
      parameters: (userName: string) =>
        routes.call(
          'POST',
          '/v1/sign-in/parameters',
          v.object({ salt: s.bytes, memoryKiB: s.count, passes: s.count }),
          { body: { userName } },
        ),
      password: (userName: string, authKey: Bytes) =>
        routes.call('POST', '/v1/sign-in/password', v.object({ ticket: s.bytes }), { body: { userName, authKey } }),
      code: (ticket: Bytes, code: string) =>
        routes.call(
          'POST',
          '/v1/sign-in/code',
          v.object({ session: s.session, challenge: s.bytes, unlock: s.unlock }),
          { body: { ticket, code } },
        ),
    },

    session: {
      present: () => routes.call('GET', '/v1/session', v.object({ session: s.session, locked: v.boolean() })),
      bind: (binding: Binding) =>
        routes.call('POST', '/v1/session/device', v.object({ session: s.session }), { body: binding }),
      unlock: (authKey: Bytes) =>
        routes.call('POST', '/v1/session/unlock', v.object({ session: s.session, unlock: s.unlock }), {
          body: { authKey },
        }),
      lock: () => routes.call('POST', '/v1/session/lock', nothing),
      end: () => routes.call('POST', '/v1/session/end', nothing),
    },

    devices: {
      list: () => routes.call('GET', '/v1/sessions/devices', s.list(s.device)),
      end: (device: string, entry: Bytes) =>
        routes.call('POST', '/v1/sessions/devices/{device}/end', nothing, { path: { device }, body: { entry } }),
      endOthers: () => routes.call('POST', '/v1/sessions/end-others', v.object({ ended: s.count })),
    },

    vault: {
      get: () => routes.call('GET', '/v1/vault', s.unlock),
      put: (sealedVault: Bytes) =>
        routes.call('PUT', '/v1/vault', v.object({ version: s.count }), { body: { sealedVault } }),
    },

    manifests: () => routes.call('GET', '/v1/manifests', s.manifests),

    policies: {
      list: () => routes.call('GET', '/v1/policies', v.object({ policies: s.list(s.policy) })),
      text: (policy: string, version: number) =>
        routes.call('GET', '/v1/policies/{policy}/versions/{version}', v.object({ text: s.text(200_000) }), {
          path: { policy, version },
        }),
      accept: (policy: string, version: number, hash: string) =>
        routes.call('POST', '/v1/policies/{policy}/versions/{version}/accept', v.object({ acceptedAt: s.time }), {
          path: { policy, version },
          body: { hash },
        }),
      defer: (policy: string, version: number) =>
        routes.call('POST', '/v1/policies/{policy}/versions/{version}/defer', v.object({ until: s.time }), {
          path: { policy, version },
          body: { reason: 'on-duty' },
        }),
    },

    people: {
      find: (query: string, after?: string, limit = 100) =>
        routes.call('GET', '/v1/people', v.object({ people: s.list(s.person), next: v.optional(s.uuid) }), {
          query: { query: query || undefined, after, limit },
        }),
      list: (arg: { after?: string | undefined; since?: number }) =>
        routes.call('GET', '/v1/directory', s.staff, { query: arg }),
      get: (person: string) => routes.call('GET', '/v1/people/{person}', s.person, { path: { person } }),
      logs: (people: readonly { person: string; afterSeq: number; prove: boolean }[], logFrom: number) =>
        routes.call('POST', '/v1/people/logs', s.logs, { body: { people, logFrom } }),
    },

    log: {
      consistency: (from: number, to: number) =>
        routes.call('GET', '/v1/log/consistency', v.object({ consistency: s.list(s.bytes) }), { query: { from, to } }),
      compare: (from: number, sizes: readonly number[]) =>
        routes.call('POST', '/v1/log/compare', s.compared, { body: { from, sizes } }),
    },

    threads: {
      create: (create: Bytes, entries: readonly Bytes[], epoch: EpochPost) =>
        routes.call('POST', '/v1/threads', v.object({ thread: s.digest, seq: s.count }), {
          body: { create, entries, epoch },
        }),
      heads: () => routes.call('GET', '/v1/threads', v.object({ threads: s.list(s.head) })),
      head: (thread: string) => routes.call('GET', '/v1/threads/{thread}', s.head, { path: { thread } }),
      log: (thread: string, after: number, limit = 500) =>
        routes.call('GET', '/v1/threads/{thread}/log', v.object({ entries: s.list(s.bytes), more: v.boolean() }), {
          path: { thread },
          query: { after, limit },
        }),
      destroyed: (thread: string, after: number) =>
        routes.call('GET', '/v1/threads/{thread}/destroyed', v.object({ entries: s.list(s.bytes), at: s.time }), {
          path: { thread },
          query: { after },
        }),
      append: (thread: string, entry: Bytes, epoch?: EpochPost) =>
        routes.call('POST', '/v1/threads/{thread}/entries', v.object({ seq: s.count }), {
          path: { thread },
          body: { entry, ...(epoch ? { epoch } : {}) },
        }),
      rotate: (thread: string, epoch: EpochPost) =>
        routes.call('POST', '/v1/threads/{thread}/epochs', v.object({ seq: s.count, epoch: s.count }), {
          path: { thread },
          body: epoch,
        }),
      epochs: (thread: string, from: number, limit: number) =>
        routes.call('GET', '/v1/threads/{thread}/epochs', v.object({ epochs: s.list(s.epoch) }), {
          path: { thread },
          query: { from, limit },
        }),
      keys: (threads: readonly string[]) =>
        routes.call('POST', '/v1/threads/keys', s.keys, { body: { threads: [...threads] } }),
      grant: (thread: string, grant: Bytes, envelopes: readonly Bytes[]) =>
        routes.call('POST', '/v1/threads/{thread}/grants', nothing, { path: { thread }, body: { grant, envelopes } }),
      grants: (thread: string) =>
        routes.call('GET', '/v1/threads/{thread}/grants', v.object({ grants: s.list(s.grant) }), { path: { thread } }),
      complain: (thread: string, complaint: Bytes) =>
        routes.call('POST', '/v1/threads/{thread}/complaints', nothing, { path: { thread }, body: { complaint } }),
      complaints: (thread: string) =>
        routes.call('GET', '/v1/threads/{thread}/complaints', v.object({ complaints: s.list(s.complaint) }), {
          path: { thread },
        }),
      reportConflict: (thread: string, conflict: Bytes) =>
        routes.call('POST', '/v1/threads/{thread}/conflicts', nothing, { path: { thread }, body: { conflict } }),
      send: (thread: string, message: Bytes, half: Bytes) =>
        routes.call('POST', '/v1/threads/{thread}/messages', s.accepted, { path: { thread }, body: { message, half } }),
      sent: (thread: string, message: string) =>
        routes.call('GET', '/v1/threads/{thread}/messages/{message}', s.accepted, { path: { thread, message } }),
      reached: (thread: string, seq: number) =>
        routes.call('POST', '/v1/threads/{thread}/reached', nothing, { path: { thread }, body: { seq } }),
      seen: (thread: string, seq: number) =>
        routes.call('POST', '/v1/threads/{thread}/seen', nothing, { path: { thread }, body: { seq } }),
      marks: (thread: string) =>
        routes.call('GET', '/v1/threads/{thread}/marks', v.object({ marks: s.list(s.mark) }), { path: { thread } }),
    },

    liveTicket: () => routes.call('POST', '/v1/live/ticket', v.object({ ticket: s.text(200) })),

    patients: {
      lookUp: (question: Question) => routes.call('POST', '/v1/patients/look-up', s.lookUp, { body: question }),
      check: (thread: string, assertion: Bytes) =>
        routes.call('POST', '/v1/threads/{thread}/patient/check', s.standing, {
          path: { thread },
          body: { assertion },
        }),
    },

    decisions: {
      list: (thread: string) =>
        routes.call('GET', '/v1/threads/{thread}/decisions', v.object({ decisions: s.list(s.decision) }), {
          path: { thread },
        }),
      draft: (thread: string, decision: string, takeOver: boolean) =>
        routes.call('POST', '/v1/threads/{thread}/decisions/{decision}/draft', s.decision, {
          path: { thread, decision },
          body: { takeOver },
        }),
      putBack: (thread: string, decision: string) =>
        routes.call('DELETE', '/v1/threads/{thread}/decisions/{decision}/draft', s.decision, {
          path: { thread, decision },
        }),
      withdraw: (thread: string, decision: string, body: Withdrawal) =>
        routes.call('POST', '/v1/threads/{thread}/decisions/{decision}/withdraw', s.decision, {
          path: { thread, decision },
          body,
        }),
      countersign: (thread: string, decision: string, act: string, document: string) =>
        routes.call('POST', '/v1/threads/{thread}/decisions/{decision}/countersign', s.decision, {
          path: { thread, decision },
          body: { act, document },
        }),
      worklist: (scope: 'mine' | 'ward' | 'organisation', after?: string) =>
        routes.call('GET', '/v1/worklist', s.worklist, { query: { scope, after, limit: 50 } }),
    },

    filings: {
      file: (thread: string, submission: Submission) =>
        routes.call('POST', '/v1/threads/{thread}/filings', s.filing, { path: { thread }, body: submission }),
      list: (thread: string) =>
        routes.call('GET', '/v1/threads/{thread}/filings', v.object({ filings: s.list(s.filing) }), {
          path: { thread },
        }),
      retry: (thread: string, filing: string) =>
        routes.call('POST', '/v1/threads/{thread}/filings/{filing}/retry', s.filing, { path: { thread, filing } }),
      retract: (thread: string, filing: string, assertion: Bytes) =>
        routes.call('POST', '/v1/threads/{thread}/filings/{filing}/retraction', s.filing, {
          path: { thread, filing },
          body: { assertion },
        }),
    },

    letters: {
      list: (cursor?: string) =>
        routes.call('GET', '/v1/filings', v.object({ filings: s.list(s.letter), next: v.optional(s.text(64)) }), {
          query: { cursor, limit: 100 },
        }),
      get: (filing: string) => routes.call('GET', '/v1/filings/{filing}', s.letter, { path: { filing } }),
      replay: (filing: string) => routes.call('POST', '/v1/filings/{filing}/replay', s.letter, { path: { filing } }),
    },

    quarantines: {
      get: (thread: string) =>
        routes.call('GET', '/v1/threads/{thread}/quarantine', s.quarantine, { path: { thread } }),
      acknowledge: (thread: string) =>
        routes.call('POST', '/v1/threads/{thread}/quarantine/acknowledgement', nothing, { path: { thread } }),
    },
  };
}
