/**
 * The one error that verifying and decoding throw (docs/protocol.md, section 12).
 *
 * `code` is stable and the same in the Go implementation. `detail` names the rule that failed; it never holds content.
 */

export const refusalCodes = [
  'malformed',
  'unsupported_suite',
  'bad_signature',
  'wrong_purpose',
  'not_entitled',
  'broken_chain',
  'wrong_members',
  'wrong_share',
  'wrong_secret',
  'stale_epoch',
  'revoked_device',
  'wrong_identity',
  'rolled_back',
  'bad_commitment',
  'weak_parameters',
  'not_logged',
  'split_view',
  'stale_log',
] as const;
export type RefusalCode = (typeof refusalCodes)[number];

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly detail: string;

  constructor(code: RefusalCode, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
    this.detail = detail;
  }
}

/** Refuses unless the condition holds. */
export function insist(condition: boolean, code: RefusalCode, detail: string): asserts condition {
  if (!condition) {
    throw new Refusal(code, detail);
  }
}
