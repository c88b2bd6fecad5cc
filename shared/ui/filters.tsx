/** Filters are links: they can be bookmarked, go back with the browser's button, and need no token. */
export interface FilterOption {
  label: string;
  href: string;
  current: boolean;
}

interface FiltersProps {
  /** "Product", "When". */
  label: string;
  options: readonly FilterOption[];
}

export function Filters({ label, options }: FiltersProps) {
  return (
    <nav class="filters" aria-label={label}>
      <span aria-hidden="true">{label}</span>
      <ul>
        {options.map((option) => (
          <li key={option.href}>
            <a href={option.href} aria-current={option.current ? 'true' : undefined}>
              {option.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Newer and older, for lists that are read page by page. */
export function Pager({ newer, older }: { newer?: string; older?: string }) {
  if (!newer && !older) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {newer ? <a href={newer}>← Newer</a> : <span />}
      {older ? <a href={older}>Older →</a> : <span />}
    </nav>
  );
}
