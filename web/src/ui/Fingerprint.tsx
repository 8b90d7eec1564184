/** A fingerprint as sheets have it: groups of four, four to a line, so that two people can compare without losing the place (P3). */
export function Fingerprint({ hex }: { hex: string }) {
  return (
    <p class="fingerprint">
      {rowsOf(hex).map((row) => (
        <span key={row}>{row} </span>
      ))}
    </p>
  );
}

/** "a91b e07c 55d2 f304", and so on: `wardline` prints the same lines. */
export function rowsOf(hex: string): string[] {
  const groups = hex.match(/.{1,4}/g) ?? [];
  return groups.flatMap((_, at) => (at % 4 === 0 ? [groups.slice(at, at + 4).join(' ')] : []));
}
