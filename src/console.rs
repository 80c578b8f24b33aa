//! The assistant's console: pages to read in a browser. Query, view, template; nothing here decides.
//!
//! It listens on this machine only by default, changes nothing, and answers only to the host names it was given, so that a page from
//! elsewhere cannot read it through her browser. Files of candidates are shown without scripts, forms or network.

mod pages;
mod view;

use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::is_loopback;
use crate::tasks::Office;

/// Opens the console's address.
pub async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("the console cannot listen on {address}: is another guichet running, or is console.listen wrong?"))
}

/// Serves pages until told to stop.
pub async fn serve(office: Arc<Office>, listener: TcpListener, stop: CancellationToken) -> anyhow::Result<()> {
    let router = router(office);
    axum::serve(listener, router).with_graceful_shutdown(async move { stop.cancelled().await }).await.context("serve the console")
}

/// Every page.
pub fn router(office: Arc<Office>) -> Router {
    Router::new()
        .route("/", get(today))
        .route("/dossiers", get(dossiers))
        .route("/dossiers/{number}", get(dossier))
        .route("/virements", get(transfers))
        .route("/lettres", get(letters))
        .route("/lettres/{id}", get(letter))
        .route("/fichiers/{sha256}", get(file))
        .layer(middleware::from_fn_with_state(Arc::clone(&office), guard))
        .with_state(office)
}

type Page = Result<Html<String>, Failure>;

async fn today(State(office): State<Arc<Office>>) -> Page {
    on_a_thread(move || pages::today(&office)).await
}

async fn dossiers(State(office): State<Arc<Office>>) -> Page {
    on_a_thread(move || pages::dossiers(&office)).await
}

async fn dossier(State(office): State<Arc<Office>>, Path(number): Path<String>) -> Page {
    on_a_thread(move || pages::dossier(&office, &number)).await
}

async fn transfers(State(office): State<Arc<Office>>) -> Page {
    on_a_thread(move || pages::transfers(&office)).await
}

async fn letters(State(office): State<Arc<Office>>) -> Page {
    on_a_thread(move || pages::letters(&office)).await
}

async fn letter(State(office): State<Arc<Office>>, Path(id): Path<i64>) -> Page {
    on_a_thread(move || pages::letter(&office, id)).await
}

/// A candidate's file, only one that the database speaks of.
async fn file(State(office): State<Arc<Office>>, Path(sha256): Path<String>) -> Result<Response, Failure> {
    let found = tokio::task::spawn_blocking(move || view::file(&office, &sha256)).await.map_err(|error| Failure(error.into()))?;
    let Some((media_type, bytes)) = found.map_err(Failure)? else { return Ok(StatusCode::NOT_FOUND.into_response()) };
    let shown = matches!(media_type.as_str(), "application/pdf" | "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "text/plain");
    let mut headers = HeaderMap::new();
    let media_type = if shown { media_type } else { String::from("application/octet-stream") };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(&media_type).unwrap_or(HeaderValue::from_static("application/octet-stream")));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(if shown { "inline" } else { "attachment" }));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    Ok((headers, bytes).into_response())
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
        tracing::error!("a console page failed: {:#}", self.0);
        (StatusCode::INTERNAL_SERVER_ERROR, Html(pages::plain("Cette page n'a pas pu être préparée ; le journal du service dit pourquoi.")))
            .into_response()
    }
}

/// Refuses foreign host names (DNS rebinding), and forbids pages everything but their own style.
async fn guard(State(office): State<Arc<Office>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name).trim_matches(['[', ']']);
    let listens_on = office.config.console.listen.rsplit_once(':').map_or("", |(name, _)| name);
    if !is_loopback(name) && name != listens_on {
        return (StatusCode::MISDIRECTED_REQUEST, "unknown host").into_response();
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; form-action 'self'",
    ));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
