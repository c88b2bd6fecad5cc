/** Tables that become stacked rows where they have less than 640 px: each cell repeats its column's name, which the stylesheet shows there. */
import type { ComponentChildren } from 'preact';

export interface Row {
  key: string;
  /** One cell per column. */
  cells: readonly ComponentChildren[];
}

interface TableProps {
  /** Read out by screen readers; not shown. */
  caption: string;
  columns: readonly string[];
  /** The last column holds buttons: it needs no name to be seen. */
  acts?: boolean;
  /** Columns with figures, by index: aligned at the end. */
  figures?: readonly number[];
  rows: readonly Row[];
}

export function Table({ caption, columns, acts = false, figures = [], rows }: TableProps) {
  const isActs = (index: number) => acts && index === columns.length - 1;
  const alignment = (index: number) =>
    isActs(index) ? 'acts' : figures.includes(index) ? 'figure' : undefined;
  return (
    <div class="table">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <th key={column} scope="col" class={alignment(index)}>
                {isActs(index) ? <span class="unseen">{column}</span> : column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              {row.cells.map((cell, index) =>
                index === 0 ? (
                  <th key={columns[index]} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td
                    key={columns[index]}
                    data-label={isActs(index) ? undefined : columns[index]}
                    class={alignment(index)}
                  >
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
