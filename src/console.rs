//! The assistant's console: the pages on which she does her day. Query, view, template; a click calls a function of `tasks::decide`.
//!
//! It listens on this machine only by default. Nothing changes but by a form of its own that was sent from its own pages; candidates' files
//! are shown without scripts, forms or network; no page needs a script.

mod deposit;
mod door;
mod gestures;
mod pages;
mod view;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::tasks::Office;
use crate::tasks::decide::Refusal;

/// Opens the console's address. One that other machines reach must ask for a password.
pub async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    let address = &config.console.listen;
    door::check_address(config)?;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("the console cannot listen on {address}: is another guichet running, or is console.listen wrong?"))
}

/// Serves pages until told to stop.
pub async fn serve(office: Arc<Office>, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let console = Arc::new(Console { door: door::Door::new(&office.config)?, counter: deposit::Counter::default(), office });
    axum::serve(listener, router(console)).with_graceful_shutdown(async move { stop.cancelled().await }).await.context("serve the console")
}

/// What every page is made from.
pub struct Console {
    office: Arc<Office>,
    door: door::Door,
    counter: deposit::Counter,
}

type Shared = State<Arc<Console>>;
type Page = Result<Html<String>, Failure>;

/// The largest form: a bank statement.
const FORM_BYTES_MAX: usize = 16 << 20;

fn router(console: Arc<Console>) -> Router {
    Router::new()
        .route("/", get(today))
        .route("/dossiers", get(dossiers))
        .route("/dossiers/{number}", get(dossier))
        .route("/virements", get(transfers))
        .route("/lettres", get(letters))
        .route("/lettres/{id}", get(letter))
        .route("/courriels", get(mails))
        .route("/depots", get(deposits))
        .route("/fichiers/{sha256}", get(file))
        .route("/style.css", get(style))
        .route("/virements/{id}/{gesture}", post(gestures::transfer))
        .route("/lettres/{id}/{gesture}", post(gestures::letter))
        .route("/envois/{gesture}", post(gestures::sending))
        .route("/dossiers/{number}/{gesture}", post(gestures::dossier))
        .route("/courriels/{id}/rattacher", post(gestures::mail))
        .route("/depots/apporter/{what}", post(deposit::bring))
        .route("/depots/{gesture}", post(deposit::confirm))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), door::guard))
        .with_state(console)
}

/// What a page's address may carry: what she looks for, which part of a list, and what was just done.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    etat: String,
    fait: String,
}

async fn today(State(console): Shared, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::today(&console, &asked)).await
}

async fn dossiers(State(console): Shared, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::dossiers(&console, &asked)).await
}

async fn dossier(State(console): Shared, Path(number): Path<String>, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::dossier(&console, &number, &asked)).await
}

async fn transfers(State(console): Shared, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::transfers(&console, &asked)).await
}

async fn letters(State(console): Shared, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::letters(&console, &asked)).await
}

async fn letter(State(console): Shared, Path(id): Path<i64>, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::letter(&console, id, &asked)).await
}

async fn mails(State(console): Shared, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::mails(&console, &asked)).await
}

async fn deposits(State(console): Shared, Query(asked): Query<Asked>) -> Page {
    on_a_thread(move || pages::deposits(&console, &asked)).await
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("console/style.css")).into_response()
}

/// A candidate's file, only one that the database speaks of. Kinds that a browser would run are handed over as bytes to keep.
async fn file(State(console): Shared, Path(sha256): Path<String>) -> Result<Response, Failure> {
    let found = tokio::task::spawn_blocking(move || view::files::file(&console.office, &sha256)).await.map_err(|error| Failure(error.into()))?;
    let Some(file) = found.map_err(Failure)? else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, value(file.media_type()));
    headers.insert(header::CONTENT_DISPOSITION, value(&file.disposition()));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(file.policy()));
    Ok((headers, file.bytes).into_response())
}

/// Pages are made from the database, off the threads that serve sockets.
async fn on_a_thread(page: impl FnOnce() -> anyhow::Result<Option<String>> + Send + 'static) -> Page {
    match tokio::task::spawn_blocking(page).await.map_err(|error| Failure(error.into()))?.map_err(Failure)? {
        Some(html) => Ok(Html(html)),
        None => Err(Failure(anyhow::Error::new(NotFound))),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such page")]
struct NotFound;

/// A page that could not be made: said plainly to the reader, in full to the log.
struct Failure(anyhow::Error);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if self.0.is::<NotFound>() {
            return (StatusCode::NOT_FOUND, Html(pages::plain("Cette page n'existe pas."))).into_response();
        }
        if let Some(Refusal(sentence)) = self.0.downcast_ref::<Refusal>() {
            return (StatusCode::CONFLICT, Html(pages::plain(sentence))).into_response();
        }
        tracing::error!("a console page failed: {:#}", self.0);
        (StatusCode::INTERNAL_SERVER_ERROR, Html(pages::plain("Cette page n'a pas pu être préparée\u{a0}; le journal du service dit pourquoi.")))
            .into_response()
    }
}
