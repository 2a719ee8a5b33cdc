//! Forms that are open in widgets: for whom and for what one was opened, until it is saved. Kept in
//! memory only: a form from before a restart is not known, and whoever saves it must be asked again.

use std::sync::Arc;

use quick_cache::sync::Cache;
use tokio::sync::Mutex;

/// Forms kept at most; the ones untouched for longest go first.
const FORMS: usize = 4096;
/// Numbers that are being saved at one time.
const NUMBERS: usize = 1024;

/// A form for a new contact.
#[derive(Debug)]
pub struct Form {
    /// Whose it is, by the operator's id.
    pub operator: String,
    /// The number it was opened for, as the widget lists it; empty where it has none.
    pub number: String,
    /// Ids of the contacts that have its number and that the operator was told of.
    pub told: std::sync::Mutex<Vec<String>>,
    /// Where in the widget it was opened.
    pub back: String,
    /// What it made; locked while it is being made.
    pub made: Mutex<Option<Made>>,
}

impl Form {
    /// Notes that the operator is told of these contacts; whether one of them was news.
    pub fn tell(&self, ids: Vec<String>) -> bool {
        let mut told = self.told.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let before = told.len();
        for id in ids {
            if !told.contains(&id) {
                told.push(id);
            }
        }
        told.len() > before
    }
}

/// A contact that a form made.
#[derive(Debug, Clone)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// The display name of the connector it is in.
    pub place: String,
}

/// The open forms.
#[derive(Debug)]
pub struct Forms {
    open: Cache<String, Arc<Form>>,
    saving: Cache<String, Arc<Mutex<()>>>,
}

impl Default for Forms {
    fn default() -> Self {
        Self { open: Cache::new(FORMS), saving: Cache::new(NUMBERS) }
    }
}

impl Forms {
    /// Keeps a form; returns its id, which cannot be guessed.
    pub fn open(&self, form: Form) -> String {
        let id = format!("{:032x}", rand::random::<u128>());
        self.open.insert(id.clone(), Arc::new(form));
        id
    }

    /// An operator's form.
    pub fn find(&self, id: &str, operator: &str) -> Option<Arc<Form>> {
        self.open.get(id).filter(|form| form.operator == operator)
    }

    /// The lock under which contacts with a number are made, so that two forms do not make one twice.
    pub fn saving(&self, number: &str) -> Arc<Mutex<()>> {
        let fresh: Result<_, std::convert::Infallible> = self.saving.get_or_insert_with(number, || Ok(Arc::default()));
        fresh.unwrap_or_default()
    }
}
