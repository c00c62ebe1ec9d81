// The SQL editor: names of the schema are completed, Ctrl+Enter runs, an error is marked where it is.
//
// It lives in a shadow root, where its style sheets are constructed ones: the page's policy allows no
// inline style.
import { autocompletion, closeBrackets, closeCompletion, type Completion, completeFromList, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { sql, StandardSQL } from '@codemirror/lang-sql';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'preact/hooks';

export interface SqlMark {
  /// Both from 1; columns count code points.
  line: number;
  column: number;
  message: string;
}
interface Props {
  /// What stands in it at first, and again whenever another object is given.
  content: { text: string };
  tables: Record<string, string[]>;
  mark: SqlMark | null;
  onChange: (text: string) => void;
  onRun: () => void;
}

const theme = EditorView.theme({
  '&': { height: '100%', fontSize: '13.5px', backgroundColor: 'var(--surface)', color: 'var(--text)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--accent)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none' },
  '.cm-cursor': { borderLeftColor: 'var(--accent)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': { background: 'var(--selection) !important' },
  '.cm-tooltip': { backgroundColor: 'var(--raised)', color: 'var(--text)', border: '1px solid var(--line)', borderRadius: '6px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--bad)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--bad) 1px', textUnderlineOffset: '3px' },
  '.cm-lintPoint-error:after': { borderBottomColor: 'var(--bad)' },
});

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--code-string)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--faint)', fontStyle: 'italic' },
]);

/// Columns of all tables: a SELECT begins with them, before it says of which table.
function columnCompletions(tables: Record<string, string[]>): Completion[] {
  const names = new Set(Object.values(tables).flat());
  return [...names].map((label) => ({ label, type: 'property', boost: 10 }));
}

/// Where the browser itself replaces text it copies that text's colours into a style attribute, which the
/// page's policy refuses with a complaint; so the editor replaces it.
const replaceSelection = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { main } = view.state.selection;
    if (event.inputType !== 'insertText' || event.data === null || main.empty || view.composing) return false;
    const typed = event.data;
    const insert = () => view.state.update(view.state.replaceSelection(typed), { userEvent: 'input.type', scrollIntoView: true });
    if (!view.state.facet(EditorView.inputHandler).some((handle) => handle(view, main.from, main.to, typed, insert))) view.dispatch(insert());
    return true;
  },
});

/// The offset of a place that counts code points, and of the end of the word there.
function spanOf(state: EditorState, mark: SqlMark): { from: number; to: number } {
  const line = state.doc.line(Math.max(1, Math.min(mark.line, state.doc.lines)));
  const before = [...line.text].slice(0, Math.max(0, mark.column - 1)).join('').length;
  const word = /^[\w"]+|^\S?/.exec(line.text.slice(before))?.[0].length ?? 0;
  return { from: line.from + before, to: Math.min(line.to, line.from + before + word) };
}

export function SqlEditor({ content, tables, mark, onChange, onRun }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };

  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const run = (view: EditorView) => {
      closeCompletion(view);
      latest.current.onRun();
      return true;
    };
    const view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: editor.current?.state.doc ?? content.text,
        extensions: [
          keymap.of([{ key: 'Mod-Enter', run }, { key: 'Shift-Enter', run }]),
          lineNumbers(),
          history(),
          drawSelection(),
          bracketMatching(),
          closeBrackets(),
          autocompletion({ icons: false }),
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
          sql({ dialect: StandardSQL, schema: tables, upperCaseKeywords: true }),
          StandardSQL.language.data.of({ autocomplete: completeFromList(columnCompletions(tables)) }),
          syntaxHighlighting(colours),
          placeholder('SELECT …'),
          EditorView.contentAttributes.of({ 'aria-label': 'SQL statement' }),
          EditorView.lineWrapping,
          replaceSelection,
          theme,
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    editor.current = view;
    view.focus();
    return () => view.destroy();
  }, [tables]);

  useEffect(() => {
    const view = editor.current;
    if (view && view.state.doc.toString() !== content.text) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: content.text } });
  }, [content]);

  useEffect(() => {
    const view = editor.current;
    if (!view) return;
    const found = mark ? [{ ...spanOf(view.state, mark), severity: 'error' as const, message: mark.message }] : [];
    view.dispatch(setDiagnostics(view.state, found));
    if (found[0]) view.dispatch({ selection: { anchor: found[0].from }, scrollIntoView: true });
  }, [mark]);

  return <div class="sql-editor" ref={host} />;
}
