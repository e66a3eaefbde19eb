import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { SnapledgerError } from '../../domain/errors/snapledger-error.ts';
import type { ShapePath } from '../../domain/shape/shape-problem.ts';

/** A file that a person wrote; far longer ones are no policies. */
const textMaxLength = 1024 * 1024;

/** Uses of `*name` in all; each can multiply what comes before. */
const aliasesMax = 100;

/** From 1, as editors count. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

export interface ParsedYaml {
  /** A plain value. */
  readonly value: unknown;
  /** Where in the text a part of the value is; of what is not there, the part around it. */
  readonly placeOf: (path: ShapePath, at: 'field' | 'value') => TextPlace;
}

/**
 * Reads YAML 1.2, and JSON with it, into a plain value that remembers where its parts stood.
 *
 * @throws POLICY_INVALID with line and column
 */
export function parseYaml(text: string, fileName: string): ParsedYaml {
  if (text.length > textMaxLength) {
    throw new SnapledgerError(
      'POLICY_INVALID',
      `${fileName} has more than ${textMaxLength} characters`,
      { remedy: 'Divide it into several files; snapledger policy schema says what one holds.' },
    );
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2' });
  const [first] = [...document.errors, ...document.warnings];
  if (first !== undefined) {
    const { line, col } = lineCounter.linePos(first.pos[0]);
    throw notYaml(`${fileName}:${line}:${col}: ${inWords(first)}`, first);
  }
  if (isEmpty(document.contents)) throw notYaml(`${fileName}:1:1: the file is empty`, null);
  const alias = strayAlias(document);
  if (alias !== null) {
    const { line, col } = lineCounter.linePos(alias.offset);
    throw notYaml(`${fileName}:${line}:${col}: ${alias.problem}`, null);
  }
  return {
    value: plainValue(document, fileName),
    placeOf: (path, at) => {
      const { line, col } = lineCounter.linePos(offsetOf(document, path, at));
      return { line, column: col };
    },
  };
}

/** Nothing, or the mark of a document (`---`) and nothing after it. */
function isEmpty(contents: Node | null): boolean {
  return contents === null || (isScalar(contents) && contents.value === null && !contents.source);
}

interface StrayAlias {
  readonly offset: number;
  readonly problem: string;
}

/** The first `*name` that stands for nothing, or for what it is itself a part of. */
function strayAlias(document: Document): StrayAlias | null {
  const named = new Map<string, unknown>();
  let found: StrayAlias | null = null;
  visit(document, (_, node, ancestors) => {
    if (isAlias(node)) {
      const { source: name } = node;
      const offset = node.range?.[0] ?? 0;
      if (!named.has(name)) {
        found = {
          offset,
          problem: `'*${name}' is used, but nothing before it is named '&${name}'`,
        };
        return visit.BREAK;
      }
      if (ancestors.some((one) => one === named.get(name))) {
        found = { offset, problem: `'*${name}' is used within what is named '&${name}'` };
        return visit.BREAK;
      }
    } else if (isNode(node) && node.anchor !== undefined) {
      named.set(node.anchor, node);
    }
    return undefined;
  });
  return found;
}

function plainValue(document: Document, fileName: string): unknown {
  try {
    return document.toJS({ maxAliasCount: aliasesMax }) as unknown;
  } catch (cause) {
    // All that can go wrong here: the text itself was sound, and so is every use of a name.
    const reason = `uses what it names by '&' more than ${aliasesMax} times in all`;
    throw notYaml(`${fileName}: the file ${reason}`, cause);
  }
}

/** What the parser says is for programmers where it is not about the text. */
function inWords({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return "a second document begins here ('---'); a file has one";
  return code === 'RESOURCE_EXHAUSTION' ? 'the file is nested too deeply' : message;
}

function offsetOf(document: Document, path: ShapePath, at: 'field' | 'value'): number {
  const last = path.at(-1);
  const parent = document.getIn(path.slice(0, -1), true);
  if (at === 'field' && isMap(parent)) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
  }
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function notYaml(message: string, cause: unknown): SnapledgerError {
  return new SnapledgerError('POLICY_INVALID', message, {
    cause,
    remedy: 'Write the file in YAML or JSON; snapledger policy schema says what it holds.',
  });
}
