/** Bars by the hour, drawn with attributes only: the content security policy allows no inline style. */
export interface HourCount {
  /** Start of the hour. */
  at: Date;
  calls: number;
  /** Of these, how many got a 4xx: what the caller can correct, a limit included. */
  refused: number;
  /** Of these, how many got a 5xx: our failures. */
  failed: number;
}

const height = 56;
const barWidth = 8;
const gap = 2;

export function Bars({ hours, label, peak }: { hours: readonly HourCount[]; label: string; peak: number }) {
  const scale = (count: number) => (peak > 0 ? Math.round((count / peak) * height * 10) / 10 : 0);
  const width = hours.length * (barWidth + gap) - gap;
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${Math.max(width, 1)} ${height + 1}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <rect class="base" x="0" y={height} width={Math.max(width, 1)} height="1" />
      {hours.map((hour, index) => {
        const x = index * (barWidth + gap);
        const total = scale(hour.calls);
        const refused = scale(hour.refused);
        const failed = scale(hour.failed);
        return (
          <g key={hour.at.toISOString()}>
            <rect
              class="answered"
              x={x}
              y={height - total}
              width={barWidth}
              height={Math.max(total - refused - failed, 0)}
            />
            <rect class="failed" x={x} y={height - refused - failed} width={barWidth} height={failed} />
            <rect class="refused" x={x} y={height - refused} width={barWidth} height={refused} />
          </g>
        );
      })}
    </svg>
  );
}
