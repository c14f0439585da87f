const seconds: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600, d: 86_400, w: 604_800 };

/** A whole number with its unit, `30d`, `12h`, `2w`, in seconds; undefined when it is none of these. */
export const parseDuration = (text: string): number | undefined => {
  const [, figure, unit = ''] = /^(\d{1,9})(s|min|h|d|w)$/.exec(text) ?? [];
  return figure === undefined ? undefined : Number(figure) * seconds[unit]!;
};
