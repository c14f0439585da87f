import {
  CORE_SCHEMA,
  constructFromEvents,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml';
import { type Problems, quoted } from './problems.js';
import type { Range } from './source.js';
import type { ListNode, MappingNode, Node, ScalarNode, ScalarValue } from './tree.js';

type CollectionEvent = SequenceEvent | MappingEvent;

/** Makes the tree of the one document that the events describe. */
export class TreeBuilder {
  #next = 1; // 0 is the document
  readonly #anchors = new Map<string, Node>();

  constructor(
    readonly problems: Problems,
    readonly events: readonly Event[],
  ) {}

  document(): Node {
    return this.#node({ start: 0, end: 0 });
  }

  /** `missing` is where to point when there is no text for the node. */
  #node(missing: Range): Node {
    const event = this.events[this.#next++]!;
    switch (event.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event, missing));
      case EVENT_ID.SEQUENCE:
        return this.#list(event);
      case EVENT_ID.MAPPING:
        return this.#mapping(event);
      case EVENT_ID.ALIAS:
        return this.#alias({ start: event.anchorStart, end: event.anchorEnd });
      default:
        return nothingAt(missing);
    }
  }

  #scalar(event: ScalarEvent, missing: Range): ScalarNode {
    const { text: source } = this.problems.source;
    if (event.valueStart < 0) return nothingAt(missing);
    const range = scalarRange(source, event);
    const text = getScalarValue(source, event);
    return { kind: 'scalar', value: this.#resolve(event, text, range), text, ...range };
  }

  #resolve(event: ScalarEvent, text: string, range: Range): ScalarValue {
    if (event.tagStart < 0 && event.style !== SCALAR_STYLE.PLAIN) return text;
    const alone: Event[] = [
      { type: EVENT_ID.DOCUMENT, explicitStart: false, explicitEnd: false, directives: [] },
      event,
      { type: EVENT_ID.POP },
    ];
    try {
      const options = { source: this.problems.source.text, schema: CORE_SCHEMA };
      return constructFromEvents(alone, options)[0] as ScalarValue;
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      this.problems.add('VAPP_SPEC_YAML', error.reason, range, { hint: 'remove the tag' });
      return text;
    }
  }

  #list(event: SequenceEvent): ListNode {
    const node: ListNode = { kind: 'list', items: [], ...this.#collection(event) };
    this.#anchored(event, node);
    while (!this.#popped()) {
      const item = this.#node(dashAfter(this.problems.source.text, node.end));
      node.items.push(item);
      node.end = item.end;
    }
    return node;
  }

  #mapping(event: MappingEvent): MappingNode {
    const node: MappingNode = { kind: 'mapping', entries: [], ...this.#collection(event) };
    this.#anchored(event, node);
    const seen = new Map<string, ScalarNode>();
    while (!this.#popped()) {
      const key = this.#node({ start: node.end, end: node.end + 1 });
      const value = this.#node(key);
      node.end = Math.max(key.end, value.end);
      if (this.#fits(key, seen)) node.entries.push({ key, value });
    }
    return node;
  }

  #fits(key: Node, seen: Map<string, ScalarNode>): key is ScalarNode {
    if (key.kind !== 'scalar') {
      this.problems.add('VAPP_SPEC_YAML', `a key must be a word, not a ${key.kind}`, key);
      return false;
    }
    const first = seen.get(key.text);
    if (!first) {
      seen.set(key.text, key);
      return true;
    }
    this.problems.add('VAPP_SPEC_DUPLICATE_KEY', `the key ${quoted(key.text)} stands twice`, key, {
      why: `it is already in line ${this.problems.source.lineAt(first.start)}`,
      hint: 'keep one of the two',
    });
    return false;
  }

  #collection(event: CollectionEvent): Range {
    const range = { start: event.start, end: event.start };
    if (event.tagStart >= 0) {
      const tag = this.problems.source.text.slice(event.tagStart, event.tagEnd);
      const own = event.type === EVENT_ID.MAPPING ? '!!map' : '!!seq';
      if (tag !== own && tag !== '!')
        this.problems.add(
          'VAPP_SPEC_YAML',
          `unknown tag ${tag}`,
          { start: event.tagStart, end: event.tagEnd },
          { hint: 'remove the tag' },
        );
    }
    return range;
  }

  #alias(range: Range): Node {
    const name = this.problems.source.text.slice(range.start, range.end);
    const place = { start: range.start - 1, end: range.end };
    const target = this.#anchors.get(name);
    if (target) return { ...target, ...place };
    this.problems.add('VAPP_SPEC_YAML', `there is no anchor &${name} before this alias`, place);
    return { ...nothingAt(place), text: `*${name}` };
  }

  #anchored<N extends Node>(event: ScalarEvent | CollectionEvent, node: N): N {
    if (event.anchorStart >= 0)
      this.#anchors.set(this.problems.source.text.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  #popped(): boolean {
    if (this.events[this.#next]?.type !== EVENT_ID.POP) return false;
    this.#next++;
    return true;
  }
}

const nothingAt = ({ start, end }: Range): ScalarNode => ({
  kind: 'scalar',
  value: null,
  text: '',
  start,
  end,
});

/** With the quotes, or from the first character of a block scalar. */
const scalarRange = (source: string, event: ScalarEvent): Range => {
  const { valueStart, valueEnd, style } = event;
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED)
    return { start: valueStart - 1, end: valueEnd + 1 };
  const blank = /^\s*/.exec(source.slice(valueStart, valueEnd))![0].length;
  return { start: valueStart + (valueStart + blank < valueEnd ? blank : 0), end: valueEnd };
};

/** The dash of a list item without a value: the parser gives no offset for it. */
const dashAfter = (source: string, from: number): Range => {
  const pattern = /(?:[\s,]|#[^\r\n]*)*-/y;
  pattern.lastIndex = from;
  const end = pattern.test(source) ? pattern.lastIndex : from + 1;
  return { start: end - 1, end };
};
