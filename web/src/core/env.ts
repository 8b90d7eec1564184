/** What the core needs of the world outside, so that tests put their own in its place. */
import type { Clock } from '../platform/types.ts';
import type { Remote } from './remote/remote.ts';
import type { TabLock } from './session/tab.ts';
import type { Store } from './store/store.ts';
import type { OpenSocket } from './sync/live.ts';

export type Env = {
  remote: Remote;
  /** Opened when it is first needed. */
  disk: () => Promise<Store>;
  clock: Clock;
  /** Calls back once, unless it is taken back first. */
  after: (ms: number, run: () => void) => () => void;
  tabs: TabLock;
  openSocket: OpenSocket;
  /** Where the live connection is: `wss://wardline.example.nhs.uk`. */
  socketOrigin: string;
  /** Calls back when the machine loses its network or gets it back. */
  onNetwork: (changed: (up: boolean) => void) => () => void;
  /** Between 0 and 1, for spreading reconnections. */
  chance: () => number;
};
