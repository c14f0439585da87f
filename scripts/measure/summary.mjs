// From two measured runs to the figures that are aimed at, and to text.

/** The aims: at most so much of the baseline's CPU and wall time, and of the build's own wall time. */
export const aims = { cpu: 0.2, wall: 0.25, own: 0.02 };

const ratio = (part, whole) => (whole > 0 ? part / whole : undefined);

/**
 * `baseline`: { cpu, wall }; `vapp`: { cpu: installer and finisher, wall: to the verified template, own: vapp's CPU }.
 * A run that was left out gives no ratio with it.
 */
export const summarise = ({ baseline, vapp }) => {
  const figures = [];
  if (baseline && vapp) {
    figures.push({
      name: 'CPU of QEMU, start to finished disk',
      baseline: baseline.cpu,
      vapp: vapp.cpu,
      ratio: ratio(vapp.cpu, baseline.cpu),
      aim: aims.cpu,
    });
    figures.push({
      name: 'wall, to the verified template',
      baseline: baseline.wall,
      vapp: vapp.wall,
      ratio: ratio(vapp.wall, baseline.wall),
      aim: aims.wall,
    });
  }
  if (vapp)
    figures.push({
      name: "vapp's own CPU, of the wall time",
      vapp: vapp.own,
      ratio: ratio(vapp.own, vapp.wall),
      aim: aims.own,
    });
  return figures.map((figure) => ({
    ...figure,
    met: figure.ratio !== undefined && figure.ratio <= figure.aim,
  }));
};

const number = (value, digits = 1) => (value === undefined ? '' : value.toFixed(digits));

const cells = (columns, row) =>
  columns
    .map(({ width, value, left }) => (left ? value(row).padEnd(width) : value(row).padStart(width)))
    .join('  ')
    .trimEnd();

const table = (columns, rows) => {
  const head = cells(
    columns.map((column) => ({ ...column, value: () => column.title })),
    {},
  );
  return [head, '-'.repeat(head.length), ...rows.map((row) => cells(columns, row))].join('\n');
};

const figureColumns = [
  { title: '', width: 36, left: true, value: ({ name }) => name },
  { title: 'baseline s', width: 10, value: ({ baseline }) => number(baseline) },
  { title: 'vapp s', width: 8, value: ({ vapp }) => number(vapp) },
  { title: 'ratio', width: 6, value: ({ ratio }) => number(ratio, 3) },
  { title: 'aim', width: 7, value: ({ aim }) => `<= ${aim}` },
  { title: '', width: 6, left: true, value: ({ met }) => (met ? 'met' : 'missed') },
];

/** The figures as a table. */
export const figureTable = (figures) => table(figureColumns, figures);

/** Steps of the finisher are many and short: those below this many seconds of both kinds share a row. */
const smallest = 1;

const isSmall = ({ name, vapp }) =>
  name.startsWith('finisher: ') && Math.max(vapp?.cpu ?? 0, vapp?.wall ?? 0) < smallest;

/** Rows of both runs side by side: baseline's order, then what vapp alone has. */
export const sideBySide = (baseline = [], vapp = []) => {
  const names = [...new Set([...baseline, ...vapp].map(({ name }) => name))];
  const find = (rows, name) => rows.find((row) => row.name === name);
  const rows = names.map((name) => ({ name, baseline: find(baseline, name), vapp: find(vapp, name) }));
  const small = rows.filter(isSmall);
  const rest = small.reduce((sum, row) => ({ cpu: sum.cpu + row.vapp.cpu, wall: sum.wall + row.vapp.wall }), {
    cpu: 0,
    wall: 0,
  });
  return [
    ...rows.filter((row) => !isSmall(row)),
    ...(small.length > 0 ? [{ name: 'finisher: other steps', vapp: rest }] : []),
  ];
};

const phaseColumns = [
  { title: 'seconds', width: 36, left: true, value: ({ name }) => name },
  { title: 'baseline CPU', width: 12, value: ({ baseline }) => number(baseline?.cpu) },
  { title: 'wall', width: 8, value: ({ baseline }) => number(baseline?.wall) },
  { title: 'vapp CPU', width: 10, value: ({ vapp }) => number(vapp?.cpu) },
  { title: 'wall', width: 8, value: ({ vapp }) => number(vapp?.wall) },
];

/** Where the time went, of both runs. */
export const phaseTable = (baseline, vapp) => table(phaseColumns, sideBySide(baseline, vapp));
