/** The layers of docs/contributing.md as rules: who may import whom. Run by `npm run layers`. */

/** Packages and Node's own modules, told apart from files of ours. */
const outside = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown', 'core'];

/** Of our own files a layer may import itself and the named folders and files of `src/`, nothing else. */
function layer(folder, mayImport) {
  const allowed = [folder, ...mayImport].map((path) => `^src/${path}(/|$)`);
  return {
    name: `${folder.replaceAll('/', '-')}-imports`,
    comment: `src/${folder} may import ${mayImport.map((path) => `src/${path}`).join(', ') || 'nothing else of ours'}.`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: { path: '^(src|scripts|tests|bench)/', pathNot: allowed },
  };
}

/** A layer of plain TypeScript: from outside it may import only the packages named. */
function plain(folder, packages) {
  return {
    name: `${folder.replaceAll('/', '-')}-plain`,
    comment: `src/${folder} is plain TypeScript: no Node, no DOM, no Electron; packages: ${packages.join(', ') || 'none'}.`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: {
      path: packages.length ? undefined : '.*',
      pathNot: packages.map((name) => `node_modules/${name}/`),
      dependencyTypes: outside,
    },
  };
}

/** A package that only the named folders may import. */
function only(packagePattern, folders) {
  const name = packagePattern.replaceAll(/[^a-z0-9-]/g, '');
  return {
    name: `${name}-only`,
    comment: `${name} is imported only in ${folders.join(', ')}.`,
    severity: 'error',
    from: { path: '^src/', pathNot: folders.map((folder) => `^${folder}/`) },
    to: { path: [`(^|/)node_modules/${packagePattern}(/|$)`, `^${packagePattern}$`] },
  };
}

module.exports = {
  forbidden: [
    layer('shared', []),
    layer('main/ml', ['shared']),
    layer('main/engine', ['main/ml', 'shared']),
    layer('main/workers', ['main/ml', 'shared', 'main/engine/media', 'main/engine/app-paths.ts']),
    layer('main/cli', ['main/engine', 'shared']),
    layer('main/shell', ['main/engine', 'shared']),
    layer('preload', ['shared']),
    layer('renderer', ['shared']),

    plain('shared', ['zod']),
    // The ML core computes; protobuf is the wire format of the graphs it builds.
    plain('main/ml', ['zod', '@bufbuild/protobuf']),

    only('electron', ['src/main/shell', 'src/preload']),
    only('better-sqlite3', ['src/main/engine/db']),
    only('onnxruntime-node', ['src/main/workers']),
    {
      name: 'renderer-without-node',
      comment: 'The studio also runs in a plain browser: Node is not there.',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one, or that a third is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['\\?raw$', '^virtual:'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    extraExtensionsToScan: ['.css', '.json'],
    enhancedResolveOptions: {
      extensions: ['.ts', '.svelte', '.svelte.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'node', 'default', 'types'],
    },
  },
};
