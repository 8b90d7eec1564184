/** Layouts as the text of docs/protocol.md. A test compares the two, so that neither can drift. Not part of the bundle. */

import type { Fields, Layout, Shape } from './layout.ts';

/** The content of one ```layout block, without a final newline. */
export function describe(layout: Layout): string {
  const number = layout.type.toString(16).padStart(4, '0');
  return [`object 0x${number} ${layout.name}`, ...lines(layout.fields, '  ')].join('\n');
}

function lines(fields: Fields, indent: string): string[] {
  return Object.entries(fields).flatMap(([name, field]) => [
    `${indent}${name} ${word(field)}`,
    ...('fields' in field ? lines(field.fields, `${indent}  `) : []),
  ]);
}

function word(field: Shape): string {
  switch (field.kind) {
    case 'bytes':
      return `bytes[${field.size}]`;
    case 'blob':
      return `bytes<${field.max}>`;
    case 'text':
      return `text<${field.max}>`;
    case 'enum':
      return `enum(${Object.entries(field.values)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')})`;
    case 'list':
      return `list<${field.max}> by ${field.by.join(',')}`;
    case 'seq':
      return `seq<${field.max}>`;
    default:
      return field.kind;
  }
}
