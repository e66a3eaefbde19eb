import assert from 'node:assert/strict';
import * as sdk from '@aws-sdk/client-ec2';

/*
 * Reads requests and writes replies of the EC2 query protocol by the definitions that the SDK's own
 * client is made of: names on the wire are the SDK's, so a fake made of them cannot show that the
 * SDK itself is wrong.
 */

/** A request or a reply as plain values: structures, lists, texts, numbers, dates. */
export type Shape = Readonly<Record<string, unknown>>;

interface Member {
  readonly name: string;
  readonly schema: Schema;
  readonly queryName: string;
  readonly xmlName: string;
}

type Schema =
  | { readonly kind: 'structure'; readonly members: readonly Member[] }
  | { readonly kind: 'list'; readonly item: Schema }
  | { readonly kind: 'text' | 'number' | 'flag' | 'time' };

interface Operation {
  readonly input: Schema;
  readonly output: Schema;
}

const definitions: Readonly<Record<string, unknown>> = sdk;

/** @param parameters the form that a request carries */
export function parseRequest(name: string, parameters: ReadonlyMap<string, string>): Shape {
  const parsed = parse(operationOf(name).input, '', parameters);
  return (parsed ?? {}) as Shape;
}

export function formatReply(name: string, reply: Shape, requestId: string): string {
  const body = format(operationOf(name).output, reply);
  const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
  return `<?xml version="1.0" encoding="UTF-8"?><${name}Response xmlns="${namespace}"><requestId>${requestId}</requestId>${body}</${name}Response>`;
}

function operationOf(name: string): Operation {
  const definition = definitions[`${name}$`];
  assert.ok(Array.isArray(definition) && definition[0] === 9, `${name} is an operation of EC2`);
  return { input: schemaOf(definition[4]), output: schemaOf(definition[5]) };
}

function schemaOf(given: unknown): Schema {
  const definition: unknown = typeof given === 'function' ? (given as () => unknown)() : given;
  if (typeof definition === 'number') return simpleSchemaOf(definition);
  // How the SDK writes "nothing".
  if (definition === 'unit') return { kind: 'structure', members: [] };
  assert.ok(Array.isArray(definition), 'a schema is a number or an array');
  const [kind] = definition as readonly unknown[];
  switch (kind) {
    case 0:
      return schemaOf(definition[4]);
    case 1:
      return { kind: 'list', item: memberOf('', definition[4]).schema };
    case 3: {
      const names = definition[4] as readonly string[];
      const schemas = definition[5] as readonly unknown[];
      return {
        kind: 'structure',
        members: names.map((name, index) => memberOf(name, schemas[index])),
      };
    }
    default:
      return { kind: 'structure', members: [] };
  }
}

/** The numbers are the SDK's: 64 is a list, below it are simple types. */
function simpleSchemaOf(code: number): Schema {
  if (code >= 64) return { kind: 'list', item: simpleSchemaOf(code - 64) };
  if (code === 1) return { kind: 'number' };
  if (code === 2) return { kind: 'flag' };
  if (code >= 4 && code <= 7) return { kind: 'time' };
  return { kind: 'text' };
}

function memberOf(name: string, given: unknown): Member {
  const isWithTraits =
    Array.isArray(given) && given.length === 2 && typeof given[0] !== 'undefined';
  const [target, traits] = isWithTraits ? (given as readonly unknown[]) : [given, 0];
  const named = (typeof traits === 'object' && traits !== null ? traits : {}) as {
    readonly xmlName?: string;
    readonly ec2QueryName?: string;
  };
  const xmlName = named.xmlName ?? name;
  return {
    name,
    // Lazily: definitions refer to each other in circles.
    get schema() {
      return schemaOf(target);
    },
    queryName: named.ec2QueryName ?? capitalised(xmlName),
    xmlName,
  };
}

function parse(schema: Schema, path: string, given: ReadonlyMap<string, string>): unknown {
  switch (schema.kind) {
    case 'structure': {
      const fields: Record<string, unknown> = {};
      for (const member of schema.members) {
        const memberPath = path === '' ? member.queryName : `${path}.${member.queryName}`;
        if (!isGiven(memberPath, given)) continue;
        fields[member.name] = parse(member.schema, memberPath, given);
      }
      return fields;
    }
    case 'list': {
      const items: unknown[] = [];
      for (let number = 1; isGiven(`${path}.${number}`, given); number += 1) {
        items.push(parse(schema.item, `${path}.${number}`, given));
      }
      return items;
    }
    case 'number':
      return Number(given.get(path));
    case 'flag':
      return given.get(path) === 'true';
    case 'time':
    case 'text':
      return given.get(path);
  }
}

function isGiven(path: string, given: ReadonlyMap<string, string>): boolean {
  if (given.has(path)) return true;
  const prefix = `${path}.`;
  for (const name of given.keys()) if (name.startsWith(prefix)) return true;
  return false;
}

function format(schema: Schema, value: unknown): string {
  switch (schema.kind) {
    case 'structure': {
      const fields = value as Shape;
      const unknown = Object.keys(fields).find(
        (name) => !schema.members.some((member) => member.name === name),
      );
      assert.equal(unknown, undefined, `the reply has a field that EC2 has not: ${unknown}`);
      return schema.members
        .filter(({ name }) => fields[name] !== undefined)
        .map(({ name, xmlName, schema: inner }) => element(xmlName, format(inner, fields[name])))
        .join('');
    }
    case 'list':
      return (value as readonly unknown[])
        .map((item) => element('item', format(schema.item, item)))
        .join('');
    case 'time':
      return (value as Date).toISOString();
    case 'text':
    case 'number':
    case 'flag':
      return escaped(String(value));
  }
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
