import { useMemo } from 'preact/hooks';
import { qrMatrix } from './qr.ts';

/** A QR code, black on white in both themes: cameras expect it. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { path, size } = useMemo(() => {
    const rows = qrMatrix(text);
    const dark = rows.flatMap((row, y) => row.flatMap((module, x) => (module ? [`M${x + 4} ${y + 4}h1v1h-1z`] : [])));
    return { path: dark.join(''), size: rows.length + 8 };
  }, [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  );
}
