//! The part of SOQL that clients of contacts need: fields, conditions, an order, a limit.

use std::cmp::Ordering;

use serde_json::Value;

use super::parse_time;

#[derive(Debug, Clone)]
pub struct Query {
    pub fields: Vec<String>,
    pub object: String,
    pub condition: Option<Condition>,
    pub order: Vec<(String, bool)>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    One(String, String, Vec<Literal>),
}

/// A value as it is written: a date-time has no quotes.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Time(i64),
    Number(f64),
    Bool(bool),
    Null,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Mark(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&c) = chars.peek() {
        match c {
            c if c.is_whitespace() => {
                chars.next();
            }
            '\'' => {
                chars.next();
                let mut value = String::new();
                loop {
                    match chars.next().ok_or("unexpected end of a text")? {
                        '\\' => value.push(chars.next().ok_or("unexpected end of a text")?),
                        '\'' => break,
                        c => value.push(c),
                    }
                }
                found.push(Token::Text(value));
            }
            ',' | '(' | ')' => {
                found.push(Token::Mark(c.to_string()));
                chars.next();
            }
            '=' | '<' | '>' | '!' => {
                let mut mark = String::new();
                while let Some(&c) = chars.peek().filter(|c| "=<>!".contains(**c)) {
                    mark.push(c);
                    chars.next();
                }
                found.push(Token::Mark(mark));
            }
            _ => {
                let mut word = String::new();
                while let Some(&c) = chars.peek().filter(|c| !c.is_whitespace() && !",()=<>!'".contains(**c)) {
                    word.push(c);
                    chars.next();
                }
                found.push(Token::Word(word));
            }
        }
    }
    Ok(found)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Result<Token, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("unexpected end of the query")?;
        self.at += 1;
        Ok(token)
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) => Ok(word),
            other => Err(format!("unexpected token: {other:?}")),
        }
    }

    /// Takes a keyword, if it comes next.
    fn takes(&mut self, keyword: &str) -> bool {
        let is = match self.tokens.get(self.at) {
            Some(Token::Word(word)) => word.eq_ignore_ascii_case(keyword),
            Some(Token::Mark(mark)) => mark == keyword,
            _ => false,
        };
        self.at += usize::from(is);
        is
    }

    fn needs(&mut self, keyword: &str) -> Result<(), String> {
        if self.takes(keyword) { Ok(()) } else { Err(format!("expecting {keyword} at token {}", self.at)) }
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.all()?];
        while self.takes("OR") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.one()?];
        while self.takes("AND") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.takes("(") {
            let inner = self.any()?;
            self.needs(")")?;
            return Ok(inner);
        }
        let field = self.word()?;
        if self.takes("IN") {
            self.needs("(")?;
            let mut values = vec![self.literal()?];
            while self.takes(",") {
                values.push(self.literal()?);
            }
            self.needs(")")?;
            return Ok(Condition::One(field, "IN".into(), values));
        }
        match self.next()? {
            Token::Mark(mark) if ["=", "!=", "<>", "<", "<=", ">", ">="].contains(&mark.as_str()) => {
                Ok(Condition::One(field, mark, vec![self.literal()?]))
            }
            other => Err(format!("unexpected token: {other:?}")),
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        Ok(match self.next()? {
            Token::Text(text) => Literal::Text(text),
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                _ => match (word.parse(), parse_time(&word)) {
                    (Ok(number), _) => Literal::Number(number),
                    (_, Some(ms)) => Literal::Time(ms),
                    _ => return Err(format!("unexpected token: {word}")),
                },
            },
            Token::Mark(mark) => return Err(format!("unexpected token: {mark}")),
        })
    }
}

/// Reads a query; the error is in words.
pub fn parse(text: &str) -> Result<Query, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0 };
    parser.needs("SELECT")?;
    let mut fields = vec![parser.word()?];
    while parser.takes(",") {
        fields.push(parser.word()?);
    }
    parser.needs("FROM")?;
    let object = parser.word()?;
    let condition = if parser.takes("WHERE") { Some(parser.any()?) } else { None };
    let mut order = Vec::new();
    if parser.takes("ORDER") {
        parser.needs("BY")?;
        loop {
            let field = parser.word()?;
            let down = parser.takes("DESC");
            let _ = !down && parser.takes("ASC");
            order.push((field, down));
            if !parser.takes(",") {
                break;
            }
        }
    }
    let limit =
        if parser.takes("LIMIT") { Some(parser.word()?.parse().map_err(|_| "LIMIT is no number")?) } else { None };
    if parser.at < parser.tokens.len() {
        return Err(format!("unexpected token: {:?}", parser.tokens[parser.at]));
    }
    Ok(Query { fields, object, condition, order, limit })
}

/// Whether a row meets a condition. A text against a date-time is an error, as in Salesforce.
pub fn meets(condition: &Condition, row: &Value) -> Result<bool, String> {
    match condition {
        Condition::All(parts) => parts.iter().try_fold(true, |all, part| Ok(all & meets(part, row)?)),
        Condition::Any(parts) => parts.iter().try_fold(false, |any, part| Ok(any | meets(part, row)?)),
        Condition::One(field, operator, values) => {
            let held = &row[field];
            let held_time = time_of(field, held);
            let mut orders = Vec::new();
            for value in values {
                if held_time.is_some() && matches!(value, Literal::Text(_)) {
                    return Err(format!(
                        "value of filter criterion for field '{field}' must be of type dateTime and should not be enclosed in quotes"
                    ));
                }
                orders.push(compare(held, held_time, value));
            }
            let first = orders.first().copied().flatten();
            Ok(match operator.as_str() {
                "IN" => orders.contains(&Some(Ordering::Equal)),
                "=" => first == Some(Ordering::Equal),
                "!=" | "<>" => first != Some(Ordering::Equal),
                "<" => first == Some(Ordering::Less),
                "<=" => matches!(first, Some(Ordering::Less | Ordering::Equal)),
                ">" => first == Some(Ordering::Greater),
                _ => matches!(first, Some(Ordering::Greater | Ordering::Equal)),
            })
        }
    }
}

fn time_of(field: &str, held: &Value) -> Option<i64> {
    let is_time = field.ends_with("Date") && field != "ActivityDate" || field == "SystemModstamp";
    if is_time { held.as_str().and_then(parse_time) } else { None }
}

fn compare(held: &Value, held_time: Option<i64>, value: &Literal) -> Option<Ordering> {
    match (held, value) {
        (Value::Null, Literal::Null) => Some(Ordering::Equal),
        (Value::Bool(held), Literal::Bool(value)) => Some(held.cmp(value)),
        (Value::Number(held), Literal::Number(value)) => held.as_f64()?.partial_cmp(value),
        (Value::String(_), Literal::Time(value)) => Some(held_time?.cmp(value)),
        (Value::String(held), Literal::Text(value)) => Some(held.to_lowercase().cmp(&value.to_lowercase())),
        _ => None,
    }
}
