//! Mails, seen from the procedure: what a mail is to us and what came with it.

use serde::{Deserialize, Serialize};

/// What a mail is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailClass {
    /// A first dossier: files, or an archive, or a link to them.
    Application,
    /// More files for a dossier that exists. Needs the history, so a mail alone is never of this class.
    Supplement,
    /// A person asks something. The assistant's; it never gets a letter.
    Question,
    /// A person sends only a proof of payment.
    PaymentProof,
    AutomaticReply,
    Bounce,
    List,
    Bulk,
    /// Machine reports: read receipts, feedback loops, DMARC, delivery status that is no bounce.
    Report,
    Spam,
    /// Our own letter come back as a copy.
    Own,
    /// The school's own people.
    Staff,
    /// Cannot be parsed at all.
    Unreadable,
}

impl MailClass {
    pub const ALL: [MailClass; 13] = [
        MailClass::Application,
        MailClass::Supplement,
        MailClass::Question,
        MailClass::PaymentProof,
        MailClass::AutomaticReply,
        MailClass::Bounce,
        MailClass::List,
        MailClass::Bulk,
        MailClass::Report,
        MailClass::Spam,
        MailClass::Own,
        MailClass::Staff,
        MailClass::Unreadable,
    ];

    pub fn slug(self) -> &'static str {
        match self {
            MailClass::Application => "application",
            MailClass::Supplement => "supplement",
            MailClass::Question => "question",
            MailClass::PaymentProof => "payment_proof",
            MailClass::AutomaticReply => "automatic_reply",
            MailClass::Bounce => "bounce",
            MailClass::List => "list",
            MailClass::Bulk => "bulk",
            MailClass::Report => "report",
            MailClass::Spam => "spam",
            MailClass::Own => "own",
            MailClass::Staff => "staff",
            MailClass::Unreadable => "unreadable",
        }
    }

    pub fn from_slug(slug: &str) -> Option<MailClass> {
        MailClass::ALL.into_iter().find(|class| class.slug() == slug)
    }

    /// Whether mails of this class bring pieces to a dossier.
    pub fn brings_documents(self) -> bool {
        matches!(self, MailClass::Application | MailClass::Supplement | MailClass::PaymentProof)
    }
}

/// A mailbox address with the name printed beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MailAddress {
    pub name: Option<String>,
    /// As written; compare with [`MailAddress::key`].
    pub address: String,
}

impl MailAddress {
    /// The address for comparison: lower case, no surrounding space.
    pub fn key(&self) -> String {
        self.address.trim().to_lowercase()
    }
}

/// The class of one mail, judged alone, and whether an automatic letter may answer it (RFC 3834).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    pub class: MailClass,
    pub may_answer: bool,
    /// Closed snake_case words: the signs that decided, for example `null_return_path`, `auto_submitted`.
    pub reasons: Vec<String>,
}
