/**
 * nhsuk-frontend computes its colours in Sass, which cannot take our CSS variables. This PostCSS step, part of the build, replaces the
 * nine literal colours that its form parts carry with our colour roles, so that they follow the theme. On its yellow focus ground the
 * ink stays dark in both themes. Variants that we do not use fall away. An unknown colour stops the build: it would stay light in the dark theme.
 */
import type { ChildNode, Declaration, Plugin, Rule } from 'postcss';

/** Variants that no screen of ours has. */
const unused =
  /-webkit-search|-webkit-(inner|outer)-spin|type="?number|--inverse|conditional|--inline|__prefix|__suffix|__divider|--width-(3|5|20|30)|label--|legend--|label-wrapper|__heading|--exclusive|radios--small|input-wrapper|input__wrapper|nhsuk-body|nhsuk-list|input--large|not-supported/;

const roles: Record<string, string> = {
  '#000000': 'var(--wl-text)',
  '#212b32': 'var(--wl-text)',
  '#4c6272': 'var(--wl-text-2)',
  '#951c13': 'var(--wl-danger)',
  '#aeb7bd': 'var(--wl-line-strong)',
  '#d5281b': 'var(--wl-danger)',
  '#d8dde0': 'var(--wl-line)',
  '#ffeb3b': 'var(--wl-focus)',
  '#ffffff': 'var(--wl-surface)',
};

export function nhsukRoles(): Plugin {
  return {
    postcssPlugin: 'wardline-nhsuk-roles',
    Rule(rule: Rule) {
      const kept = rule.selectors.filter((selector) => !unused.test(selector));
      if (kept.length === 0) rule.remove();
      else if (kept.length < rule.selectors.length) rule.selectors = kept;
    },
    Declaration(declaration: Declaration) {
      if (!declaration.source?.input.file?.endsWith('nhsuk.scss')) return;
      const onYellow = declaration.parent?.nodes.some(isYellow) ?? false;
      const value = declaration.value.replace(/#[0-9a-f]{3,8}\b/gi, (literal) => {
        if (onYellow && literal === '#212b32') return 'var(--wl-focus-ink)';
        const role = roles[literal.toLowerCase()];
        if (!role) throw declaration.error(`nhsuk colour ${literal} has no role`);
        return role;
      });
      if (value !== declaration.value) declaration.value = value;
    },
  };
}

function isYellow(node: ChildNode): boolean {
  return node.type === 'decl' && /#ffeb3b|--wl-focus\)/.test(node.value);
}
