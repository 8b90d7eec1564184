/** What this program is and whose server it trusts: a part of the boundary of `contract.ts`. */
export type About = {
  version: string;
  /** SHA-256 of the manifest of the web files this device runs, hex. */
  assets: string;
  /** The pinned root manifest: its version, fingerprint and officers' seats, and the versions that it follows from, the newest first. */
  manifest: {
    version: number;
    fingerprint: string;
    seats: number;
    needed: number;
    earlier: { version: number; fingerprint: string }[];
  };
};
