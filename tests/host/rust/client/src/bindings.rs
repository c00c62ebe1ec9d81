//! What a client of a module is made of, for one module, from one list of its tables, reducers and procedures: the types
//! that the `spacetimedb-sdk` crate wants to be implemented, written by hand against its traits.

/// Row types and argument types: BSATN products and sums in the order of their fields.
#[macro_export]
macro_rules! data {
    ($($kind:tt $name:ident $(: $($derived:ident)+)? { $($body:tt)* })*) => {$(
        #[derive(__lib::ser::Serialize, __lib::de::Deserialize, Clone, PartialEq, Debug)]
        #[sats(crate = __lib)]
        $(#[derive($($derived),+)])?
        pub $kind $name { $($body)* }
        impl __sdk::InModule for $name { type Module = RemoteModule; }
    )*};
}

/// How a table's changes become the client's: an event table keeps no rows, a keyed one can tell an update.
#[macro_export]
macro_rules! apply_rows {
    ($cache:ident, $update:expr, $table:ident, $row:ty, event) => { $update.into_event_diff() };
    ($cache:ident, $update:expr, $table:ident, $row:ty, bag) => {
        $cache.apply_diff_to_table::<$row>(stringify!($table), $update)
    };
    ($cache:ident, $update:expr, $table:ident, $row:ty, key $column:ident $type:ty) => {
        $cache.apply_diff_to_table::<$row>(stringify!($table), $update).with_updates_by_pk(|row| &row.$column)
    };
}

#[macro_export]
macro_rules! register_rows {
    ($cache:ident, $table:ident, $row:ty, key $column:ident $type:ty) => {
        $cache
            .get_or_make_table::<$row>(stringify!($table))
            .add_unique_constraint::<$type>(stringify!($column), |row| &row.$column);
    };
    ($cache:ident, $table:ident, $row:ty, $other:ident) => {
        $cache.get_or_make_table::<$row>(stringify!($table));
    };
}

/// The context types: the same three doors into the connection, and the event where there is one.
#[macro_export]
macro_rules! contexts {
    ($($context:ident : $event:ty;)*) => {$(
        pub struct $context {
            pub db: RemoteTables,
            pub reducers: RemoteReducers,
            pub procedures: RemoteProcedures,
            pub event: $event,
            imp: __sdk::DbContextImpl<RemoteModule>,
        }
        impl __sdk::AbstractEventContext for $context {
            type Event = $event;
            fn event(&self) -> &Self::Event { &self.event }
            fn new(imp: __sdk::DbContextImpl<RemoteModule>, event: Self::Event) -> Self {
                Self {
                    db: RemoteTables { imp: imp.clone() },
                    reducers: RemoteReducers { imp: imp.clone() },
                    procedures: RemoteProcedures { imp: imp.clone() },
                    event,
                    imp,
                }
            }
        }
        impl __sdk::$context for $context {}
        $crate::context_access!($context);
    )*};
}

#[macro_export]
macro_rules! context_access {
    ($context:ident) => {
        impl __sdk::InModule for $context { type Module = RemoteModule; }
        impl __sdk::DbContext for $context {
            type DbView = RemoteTables;
            type Reducers = RemoteReducers;
            type Procedures = RemoteProcedures;
            type SubscriptionBuilder = __sdk::SubscriptionBuilder<RemoteModule>;
            fn db(&self) -> &RemoteTables { &self.db }
            fn reducers(&self) -> &RemoteReducers { &self.reducers }
            fn procedures(&self) -> &RemoteProcedures { &self.procedures }
            fn is_active(&self) -> bool { self.imp.is_active() }
            fn disconnect(&self) -> __sdk::Result<()> { self.imp.disconnect() }
            fn subscription_builder(&self) -> Self::SubscriptionBuilder { __sdk::SubscriptionBuilder::new(&self.imp) }
            fn try_identity(&self) -> Option<__sdk::Identity> { self.imp.try_identity() }
            fn connection_id(&self) -> __sdk::ConnectionId { self.imp.connection_id() }
            fn try_connection_id(&self) -> Option<__sdk::ConnectionId> { self.imp.try_connection_id() }
        }
    };
}

#[macro_export]
macro_rules! bindings {
    (
        tables { $($table:ident : $row:ty, ($($kind:tt)+);)* }
        reducers { $($reducer:ident ($variant:ident) ($($arg:ident : $arg_type:ty),*);)* }
        procedures { $($procedure:ident ($args:ident) ($($parg:ident : $parg_type:ty),*) -> $returned:ty;)* }
    ) => { $crate::bindings! { @all [$($table : $row, ($($kind)+);)*]
        { $($reducer ($variant) ($($arg : $arg_type),*);)* }
        { $($procedure ($args) ($($parg : $parg_type),*) -> $returned;)* } } };
    (
        @all [$($table:ident : $row:ty, ($($kind:tt)+);)*]
        { $($reducer:ident ($variant:ident) ($($arg:ident : $arg_type:ty),*);)* }
        { $($procedure:ident ($args:ident) ($($parg:ident : $parg_type:ty),*) -> $returned:ty;)* }
    ) => {
        #[derive(Debug)]
        pub struct RemoteModule;
        impl __sdk::InModule for RemoteModule { type Module = Self; }

        pub struct RemoteTables { imp: __sdk::DbContextImpl<RemoteModule> }
        pub struct RemoteReducers { imp: __sdk::DbContextImpl<RemoteModule> }
        pub struct RemoteProcedures { imp: __sdk::DbContextImpl<RemoteModule> }
        impl __sdk::InModule for RemoteTables { type Module = RemoteModule; }
        impl __sdk::InModule for RemoteReducers { type Module = RemoteModule; }
        impl __sdk::InModule for RemoteProcedures { type Module = RemoteModule; }

        impl RemoteTables {$(
            pub fn $table(&self) -> __sdk::TableHandle<$row> { self.imp.get_table::<$row>(stringify!($table)) }
        )*}

        #[derive(Clone, PartialEq, Debug)]
        pub enum Reducer { $($variant { $($arg : $arg_type),* }),* }
        impl __sdk::InModule for Reducer { type Module = RemoteModule; }
        impl __sdk::Reducer for Reducer {
            fn reducer_name(&self) -> &'static str {
                match self { $(Reducer::$variant { .. } => stringify!($reducer)),* }
            }
            fn args_bsatn(&self) -> Result<Vec<u8>, __sats::bsatn::EncodeError> {
                // A product is its fields one after another.
                match self {$(
                    #[allow(unused_mut)]
                    Reducer::$variant { $($arg),* } => {
                        let mut bytes = Vec::new();
                        $(__sats::bsatn::to_writer(&mut bytes, $arg)?;)*
                        Ok(bytes)
                    }
                )*}
            }
        }
        impl RemoteReducers {$(
            #[allow(clippy::too_many_arguments)]
            pub fn $reducer(
                &self, $($arg : $arg_type,)*
                callback: impl FnOnce(&ReducerEventContext, Result<Result<(), String>, __sdk::InternalError>) + Send + 'static,
            ) -> __sdk::Result<()> {
                self.imp.invoke_reducer_with_callback(Reducer::$variant { $($arg),* }, callback)
            }
        )*}

        $(
            #[derive(__lib::ser::Serialize, Debug)]
            #[sats(crate = __lib)]
            struct $args { $($parg : $parg_type),* }
            impl __sdk::InModule for $args { type Module = RemoteModule; }
        )*
        impl RemoteProcedures {$(
            pub fn $procedure(
                &self, $($parg : $parg_type,)*
                callback: impl FnOnce(&ProcedureEventContext, Result<$returned, __sdk::InternalError>) + Send + 'static,
            ) {
                self.imp.invoke_procedure_with_callback::<_, $returned>(
                    stringify!($procedure), $args { $($parg),* }, callback)
            }
        )*}

        #[derive(Default, Debug)]
        pub struct DbUpdate { $($table : __sdk::TableUpdate<$row>),* }
        impl __sdk::InModule for DbUpdate { type Module = RemoteModule; }
        impl TryFrom<__ws::v2::TransactionUpdate> for DbUpdate {
            type Error = __sdk::Error;
            fn try_from(raw: __ws::v2::TransactionUpdate) -> Result<Self, Self::Error> {
                let mut all = DbUpdate::default();
                for one in __sdk::transaction_update_iter_table_updates(raw) {
                    match &one.table_name[..] {
                        $(stringify!($table) => all.$table.append(__sdk::TableUpdate::parse_table_update(one)?),)*
                        other => return Err(__sdk::InternalError::unknown_name("table", other, "an update").into()),
                    }
                }
                Ok(all)
            }
        }
        impl DbUpdate {
            fn of_rows(raw: __ws::v2::QueryRows, gone: bool) -> __sdk::Result<Self> {
                let mut all = DbUpdate::default();
                for one in raw.tables {
                    match &one.table[..] {
                        $(stringify!($table) => all.$table.append(if gone {
                            __sdk::parse_row_list_as_deletes(one.rows)?
                        } else {
                            __sdk::parse_row_list_as_inserts(one.rows)?
                        }),)*
                        other => return Err(__sdk::InternalError::unknown_name("table", other, "rows").into()),
                    }
                }
                Ok(all)
            }
        }
        impl __sdk::DbUpdate for DbUpdate {
            fn apply_to_client_cache(&self, cache: &mut __sdk::ClientCache<RemoteModule>) -> AppliedDiff<'_> {
                AppliedDiff {
                    $($table: $crate::apply_rows!(cache, &self.$table, $table, $row, $($kind)+),)*
                }
            }
            fn parse_initial_rows(raw: __ws::v2::QueryRows) -> __sdk::Result<Self> { Self::of_rows(raw, false) }
            fn parse_unsubscribe_rows(raw: __ws::v2::QueryRows) -> __sdk::Result<Self> { Self::of_rows(raw, true) }
        }

        pub struct AppliedDiff<'r> { $($table : __sdk::TableAppliedDiff<'r, $row>),* }
        impl __sdk::InModule for AppliedDiff<'_> { type Module = RemoteModule; }
        impl<'r> __sdk::AppliedDiff<'r> for AppliedDiff<'r> {
            fn invoke_row_callbacks(&self, event: &EventContext, callbacks: &mut __sdk::DbCallbacks<RemoteModule>) {
                $(callbacks.invoke_table_row_callbacks::<$row>(stringify!($table), &self.$table, event);)*
            }
        }

        pub struct DbConnection {
            pub db: RemoteTables,
            pub reducers: RemoteReducers,
            pub procedures: RemoteProcedures,
            imp: __sdk::DbContextImpl<RemoteModule>,
        }
        $crate::context_access!(DbConnection);
        impl __sdk::DbConnection for DbConnection {
            fn new(imp: __sdk::DbContextImpl<RemoteModule>) -> Self {
                Self {
                    db: RemoteTables { imp: imp.clone() },
                    reducers: RemoteReducers { imp: imp.clone() },
                    procedures: RemoteProcedures { imp: imp.clone() },
                    imp,
                }
            }
        }
        impl DbConnection {
            pub fn builder() -> __sdk::DbConnectionBuilder<RemoteModule> { __sdk::DbConnectionBuilder::new() }
            pub fn run_threaded(&self) -> std::thread::JoinHandle<()> { self.imp.run_threaded() }
        }
        $crate::contexts! {
            EventContext: __sdk::Event<Reducer>;
            ReducerEventContext: __sdk::ReducerEvent<Reducer>;
            ProcedureEventContext: ();
            SubscriptionEventContext: ();
            ErrorContext: Option<__sdk::Error>;
        }

        #[derive(Clone)]
        pub struct SubscriptionHandle { imp: __sdk::SubscriptionHandleImpl<RemoteModule> }
        impl __sdk::InModule for SubscriptionHandle { type Module = RemoteModule; }
        impl __sdk::SubscriptionHandle for SubscriptionHandle {
            fn new(imp: __sdk::SubscriptionHandleImpl<RemoteModule>) -> Self { Self { imp } }
            fn is_ended(&self) -> bool { self.imp.is_ended() }
            fn is_active(&self) -> bool { self.imp.is_active() }
            fn unsubscribe_then(self, on_end: __sdk::OnEndedCallback<RemoteModule>) -> __sdk::Result<()> {
                self.imp.unsubscribe_then(Some(on_end))
            }
            fn unsubscribe(self) -> __sdk::Result<()> { self.imp.unsubscribe_then(None) }
        }

        impl __sdk::SpacetimeModule for RemoteModule {
            type DbConnection = DbConnection;
            type EventContext = EventContext;
            type ReducerEventContext = ReducerEventContext;
            type ProcedureEventContext = ProcedureEventContext;
            type SubscriptionEventContext = SubscriptionEventContext;
            type ErrorContext = ErrorContext;
            type Reducer = Reducer;
            type DbView = RemoteTables;
            type Reducers = RemoteReducers;
            type Procedures = RemoteProcedures;
            type DbUpdate = DbUpdate;
            type AppliedDiff<'r> = AppliedDiff<'r>;
            type SubscriptionHandle = SubscriptionHandle;
            type QueryBuilder = __sdk::QueryBuilder;
            fn register_tables(cache: &mut __sdk::ClientCache<Self>) {
                $($crate::register_rows!(cache, $table, $row, $($kind)+);)*
            }
            const ALL_TABLE_NAMES: &'static [&'static str] = &[$(stringify!($table)),*];
        }
    };
}
