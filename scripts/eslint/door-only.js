import { dirname, relative, resolve, sep } from 'node:path'

/** Folder of `src` that an absolute path lies in, and the rest of the path; undefined outside `src`'s folders. */
function placeInSrc(path) {
  const parts = relative(resolve(import.meta.dirname, '../../src'), path).split(sep)
  return parts[0] === '..' || parts.length < 2 ? undefined : { folder: parts[0], file: parts.slice(1).join('/') }
}

/** Reports an import of another folder's file that is not its `index.js`. */
export const doorOnly = {
  meta: {
    type: 'problem',
    docs: { description: "import another folder only through its index.js, the folder's one door" },
    messages: {
      door: "Import '{{folder}}' through its door, '{{folder}}/index.js', not '{{file}}': files behind the door may move.",
    },
    schema: [],
  },
  create(context) {
    const here = placeInSrc(context.filename)
    function check(node) {
      const specifier = node.source?.value
      if (typeof specifier !== 'string' || !specifier.startsWith('.')) return
      const there = placeInSrc(resolve(dirname(context.filename), specifier))
      if (there === undefined || there.folder === here?.folder || there.file === 'index.js') return
      context.report({ node: node.source, messageId: 'door', data: there })
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
    }
  },
}
