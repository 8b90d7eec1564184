/**
 * Reports (docs/protocol.md, section 8.2): a recipient proves to a reviewer what was sent, without any key of the thread.
 *
 * The reviewer's own client verifies; the server's word is not needed.
 */

import type { Bytes } from './bytes.ts';
import { equal } from './bytes.ts';
import { decode, encode } from './codec.ts';
import { report } from './layouts/message.ts';
import {
  type MessageContext,
  type OpenMessage,
  type ReadMessage,
  frankingCommitment,
  readMessage,
  verifyMessage,
} from './message.ts';
import { insist } from './refusal.ts';

/** Returns the bytes of a `report` of a message that was opened. */
export function makeReport(message: Bytes, { kf, inner }: OpenMessage): Bytes {
  return encode(report, { message, kf, inner });
}

/** The reported message, for finding the epoch that its header names. */
export function readReport(bytes: Bytes): Promise<ReadMessage> {
  return readMessage(decode(report, bytes).message);
}

/** Refuses unless the author's device signed this, and committed to this content. */
export async function verifyReport(
  bytes: Bytes,
  context: MessageContext,
): Promise<{ readonly message: ReadMessage; readonly inner: Bytes }> {
  const { message, kf, inner } = decode(report, bytes);
  const read = await readMessage(message);
  await verifyMessage(read, context);
  const right = equal(await frankingCommitment(kf, read.headerBytes, inner), read.commitment);
  insist(right, 'bad_commitment', 'the reported content is not what was sent');
  return { message: read, inner };
}
