//! One connected client, with calls that wait for their answers.
use crate::depot::{DbConnection, ProcedureEventContext, ReducerEventContext, SubscriptionHandle};
use spacetimedb_sdk::__codegen::InternalError;
use spacetimedb_sdk::{Compression, DbContext, Error, Identity};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(10);

pub struct Options<'a> {
    pub address: &'a str,
    pub database: &'a str,
    pub token: Option<&'a str>,
    pub compression: Compression,
    pub confirmed: bool,
}

pub struct Session {
    pub connection: DbConnection,
    pub identity: Identity,
    pub token: String,
    /// Told once, when the connection is gone: whether that was wanted.
    pub ended: Receiver<bool>,
}

impl Session {
    pub fn open(options: Options) -> Result<Session, String> {
        let (opened, wait_opened) = channel();
        let (gone, ended) = channel();
        let refused: Sender<Result<(Identity, String), String>> = opened.clone();
        let connection = DbConnection::builder()
            .with_uri(format!("http://{}", options.address))
            .with_database_name(options.database)
            .with_token(options.token)
            .with_compression(options.compression)
            .with_confirmed_reads(options.confirmed)
            .on_connect(move |_, identity, token| {
                let _ = opened.send(Ok((identity, token.to_string())));
            })
            .on_connect_error(move |_, error| {
                let _ = refused.send(Err(error.to_string()));
            })
            .on_disconnect(move |_, error| {
                let _ = gone.send(error.is_none());
            })
            .build()
            .map_err(|error| described(&error))?;
        connection.run_threaded();
        let (identity, token) = wait_opened.recv_timeout(PATIENCE).map_err(|_| "no answer to the connection")??;
        Ok(Session { connection, identity, token, ended })
    }

    /// Waits for the first rows.
    pub fn try_subscribe(&self, queries: &[&str]) -> Result<SubscriptionHandle, String> {
        let (done, wait) = channel();
        let failed = done.clone();
        let handle = self
            .connection
            .subscription_builder()
            .on_applied(move |_| {
                let _ = done.send(Ok(()));
            })
            .on_error(move |_, error| {
                let _ = failed.send(Err(described(&error)));
            })
            .subscribe(queries.iter().map(|query| query.to_string()).collect::<Vec<_>>());
        wait.recv_timeout(PATIENCE).map_err(|_| "no answer to the subscription")??;
        Ok(handle)
    }

    pub fn subscribe(&self, queries: &[&str]) -> SubscriptionHandle {
        self.try_subscribe(queries).unwrap_or_else(|error| panic!("subscribing to {queries:?}: {error}"))
    }

    pub fn disconnect(self) {
        self.connection.disconnect().unwrap();
        assert!(self.ended.recv_timeout(PATIENCE).expect("the end is told"), "an end that was asked for is no error");
    }
}

fn described(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        text += &format!(": {one}");
        cause = one.source();
    }
    text
}

/// How a reducer ended.
#[derive(Debug, PartialEq)]
pub enum Ended {
    Ok,
    Error(String),
    Failed(String),
}

type ReducerAnswer = Result<Result<(), String>, InternalError>;

/// A callback for a reducer's answer, and where to wait for it.
pub fn answer() -> (impl FnOnce(&ReducerEventContext, ReducerAnswer) + Send + 'static, Waiting<Ended>) {
    let (send, receive) = channel();
    let callback = move |_: &ReducerEventContext, answer: ReducerAnswer| {
        let _ = send.send(match answer {
            Ok(Ok(())) => Ended::Ok,
            Ok(Err(text)) => Ended::Error(text),
            Err(error) => Ended::Failed(error.to_string()),
        });
    };
    (callback, Waiting(receive))
}

/// The same for a procedure's value.
pub fn value<T: Send + 'static>(
) -> (impl FnOnce(&ProcedureEventContext, Result<T, InternalError>) + Send + 'static, Waiting<Result<T, String>>) {
    let (send, receive) = channel();
    let callback = move |_: &ProcedureEventContext, value: Result<T, InternalError>| {
        let _ = send.send(value.map_err(|error| error.to_string()));
    };
    (callback, Waiting(receive))
}

pub struct Waiting<T>(pub Receiver<T>);
impl<T> Waiting<T> {
    pub fn wait(self) -> T {
        self.0.recv_timeout(PATIENCE).expect("the call is answered in time")
    }
}

/// Calls a reducer and waits: call!(session, name, arguments...).
#[macro_export]
macro_rules! call {
    ($session:expr, $reducer:ident $(, $argument:expr)*) => {{
        let (callback, waiting) = $crate::session::answer();
        $session.connection.reducers.$reducer($($argument,)* callback).unwrap();
        waiting.wait()
    }};
}

#[macro_export]
macro_rules! run {
    ($session:expr, $procedure:ident $(, $argument:expr)*) => {{
        let (callback, waiting) = $crate::session::value();
        $session.connection.procedures.$procedure($($argument,)* callback);
        waiting.wait()
    }};
}

pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
