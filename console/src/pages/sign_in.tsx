// Who one is: a new identity of this server, or the token of one that exists.
import { useEffect, useState } from 'preact/hooks';
import { identityOf, newIdentity } from '../data/http';
import { go } from '../data/route';
import { setSession, useSession } from '../data/session';
import { CopyHex } from '../parts/copy';
import { Mark } from '../parts/icons';
import { Command } from '../parts/notice';

/// `given`: a token that came with the address.
export function SignIn({ given }: { given: string }) {
  const session = useSession();
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const enter = async (make: () => Promise<{ token: string; identity: string }>) => {
    setBusy(true);
    setProblem('');
    try {
      setSession(await make());
      go();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };
  useEffect(() => {
    if (given === '') return;
    // A token must not stay in the address, nor in the history.
    history.replaceState(null, '', '#/sign-in');
    void enter(() => identityOf(given));
  }, [given]);
  return (
    <main class="sign-in" id="content">
      <Mark />
      <h1>Orrery</h1>
      {session && (
        <p class="now">
          Signed in as <CopyHex hex={session.identity} label="identity" />
        </p>
      )}
      <section class="card">
        <h2>With a token</h2>
        <p>Paste the token of the identity that owns your databases to see their private tables, logs and clients.</p>
        <Command text="orrery login show --token" />
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void enter(() => identityOf(token.trim()));
          }}
        >
          <label>
            Token
            <textarea name="token" rows={4} spellcheck={false} autocomplete="off" value={token} onInput={(e) => setToken(e.currentTarget.value)} />
          </label>
          <button type="submit" class="primary" disabled={busy || token.trim() === ''}>
            Sign in
          </button>
        </form>
      </section>
      <section class="card">
        <h2>Without one</h2>
        <p>The server makes a new identity. It may read public tables and call reducers, as any client may.</p>
        <button type="button" disabled={busy} onClick={() => void enter(newIdentity)}>
          Continue with a new identity
        </button>
      </section>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <p class="small">The token is kept in this browser only, until you sign out.</p>
    </main>
  );
}
