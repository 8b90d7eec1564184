/** The verified chain of root manifests, which may grow while the app is open and never goes back. */
import { equal } from '../../crypto/bytes.ts';
import { type ManifestChain, pinOf, verifyManifests } from '../../crypto/manifest.ts';
import type { Clock } from '../../platform/types.ts';
import type { Remote } from '../remote/remote.ts';

const atMostEvery = 30_000;

export class Trust {
  readonly #remote: Remote;
  readonly #clock: Clock;
  #chain: ManifestChain;
  #asked = 0;
  #told = 0;

  constructor(remote: Remote, clock: Clock, chain: ManifestChain) {
    this.#remote = remote;
    this.#clock = clock;
    this.#chain = chain;
  }

  get chain(): ManifestChain {
    return this.#chain;
  }

  /**
   * Asks for a later manifest, at most every half a minute, or at once when the server tells of a later one for the first time; true when there
   * was one. A chain that does not continue ours is refused.
   */
  async refresh(told = 0): Promise<boolean> {
    const news = told > Math.max(this.#told, this.#chain.current.version);
    if (!news && this.#clock.now() - this.#asked < atMostEvery) return false;
    this.#asked = this.#clock.now();
    this.#told = Math.max(this.#told, told);
    const { manifests } = await this.#remote.manifests();
    const next = await verifyManifests(manifests, pinOf(this.#chain));
    if (equal(next.current.hash, this.#chain.current.hash)) return false;
    this.#chain = next;
    return true;
  }
}
