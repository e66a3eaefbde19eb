import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/**
 * Leaves out changes that no test could notice by what the program does: the text of an assertion,
 * which speaks only to who reads a bug report, and the branch of a switch that the compiler has
 * shown to be out of reach.
 */
const meaninglessChanges = {
  shouldIgnore(path) {
    if (isTextOfAssertion(path)) return 'the text of an assertion';
    if (isUnreachable(path)) return 'out of reach, as the compiler knows';
    return undefined;
  },
};

function isTextOfAssertion({ key, listKey, parent }) {
  return listKey === 'arguments' && key === 1 && isCallOf(parent, 'assert');
}

function isUnreachable(path) {
  if (!path.isSwitchCase() || path.node.test !== null) return false;
  const [only] = path.node.consequent;
  return only?.type === 'ReturnStatement' && isCallOf(only.argument, 'unreachable');
}

function isCallOf(node, name) {
  return node?.type === 'CallExpression' && node.callee.name === name;
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'meaningless-changes', meaninglessChanges),
];
