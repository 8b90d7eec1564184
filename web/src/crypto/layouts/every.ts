/** Every layout, in the order of docs/protocol.md. For tests and vectors: the bundle imports layouts one by one. */

import type { Layout } from '../layout.ts';
import * as container from './container.ts';
import * as manifest from './manifest.ts';
import * as person from './person.ts';
import * as vault from './vault.ts';
import * as membership from './membership.ts';
import * as log from './log.ts';
import * as epoch from './epoch.ts';
import * as complaint from './complaint.ts';
import * as message from './message.ts';
import * as patient from './patient.ts';
import * as disclosure from './disclosure.ts';
import * as audit from './audit.ts';

export const every: readonly Layout[] = [
  container.signed,
  manifest.rootManifest,
  manifest.policy,
  person.identityKey,
  person.bind,
  person.generation,
  person.device,
  person.revoke,
  person.reset,
  vault.vault,
  vault.vaultContext,
  vault.sealedVault,
  vault.identityContext,
  vault.sealedIdentity,
  vault.unlockerSecret,
  vault.unlockerContext,
  vault.unlockerBlob,
  vault.wrapContext,
  vault.akWrap,
  membership.create,
  membership.add,
  membership.remove,
  membership.rekey,
  membership.memberRole,
  membership.link,
  membership.rename,
  log.logLink,
  log.logEntry,
  log.tombstone,
  epoch.epochCore,
  epoch.epochRecord,
  epoch.epochSecret,
  epoch.seatShare,
  epoch.envelopeContext,
  epoch.envelope,
  epoch.envelopeLeaf,
  epoch.envelopeProof,
  epoch.threadState,
  epoch.sealedState,
  epoch.historyGrant,
  complaint.complaint,
  complaint.conflict,
  message.header,
  message.message,
  message.messageDigest,
  message.messageBinding,
  message.shredHalf,
  message.report,
  patient.patientAssertion,
  disclosure.disclosureOrder,
  disclosure.caseContext,
  disclosure.caseShare,
  audit.auditLeaf,
];
