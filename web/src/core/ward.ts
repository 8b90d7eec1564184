/** What everything that works while the keys are in memory has at hand. */
import { type Bytes, equal } from '../crypto/bytes.ts';
import type { Author } from '../crypto/epoch-build.ts';
import type { Policy } from '../crypto/layouts/manifest.ts';
import type { Clock } from '../platform/types.ts';
import type { Ledger } from './people/ledger.ts';
import type { People } from './people/people.ts';
import type { Remote } from './remote/remote.ts';
import type { Trust } from './session/trust.ts';
import type { Cabinet } from './store/cabinet.ts';

export type Ward = {
  readonly remote: Remote;
  readonly cabinet: Cabinet;
  readonly clock: Clock;
  readonly trust: Trust;
  readonly people: People;
  readonly ledger: Ledger;
  /** Me, on this device. */
  readonly me: Author & { readonly id: string };
  readonly organisation: string;
  readonly policy: Policy;
  /** The seed of one of my generations. */
  readonly seed: (generation: number) => Bytes | undefined;
  /** Calls back once, unless it is taken back first. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** A ward PC, of which nothing is kept. */
  readonly shared: boolean;
  /** The server's time, as far as this device knows it. */
  readonly now: () => number;
  /** The keys are gone: whatever still runs must stop. */
  readonly closed: () => boolean;
};

export const isMe = ({ me }: Ward, person: Bytes): boolean => equal(me.person, person);
