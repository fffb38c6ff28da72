//! The one way in which something is asked that may need more than is known: ask, be told what is
//! lacking, bring it, ask again.

use std::future::Future;

/// How often something more can turn out to be lacking: the tenant, the subject, who delegates to
/// them, whose the record is, who holds a role; and some in case that somebody writes meanwhile.
const ROUNDS: u32 = 24;

/// Something that is asked, and may need more than is known.
pub trait Inquiry: Send {
    /// What comes of it.
    type Answer: Send;
    /// What it can lack.
    type Lack: Send;
    /// Why it can stay without an answer.
    type Error: Send;

    /// Asks, with what is known by now.
    ///
    /// # Errors
    ///
    /// What is lacking.
    fn ask(&mut self) -> Result<Self::Answer, Self::Lack>;

    /// Brings what is lacking.
    fn bring(&mut self, lack: Self::Lack) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What is said where something else is lacking each time.
    fn endless(&self) -> Self::Error;
}

/// Asks until there is an answer.
///
/// # Errors
///
/// Where what it lacks cannot be brought, or there is no end to it.
pub async fn inquire<I: Inquiry>(mut inquiry: I) -> Result<I::Answer, I::Error> {
    for _ in 0..ROUNDS {
        match inquiry.ask() {
            Ok(answer) => return Ok(answer),
            Err(lack) => inquiry.bring(lack).await?,
        }
    }
    Err(inquiry.endless())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lacks so many things, one after another.
    struct Lacking {
        things: u32,
        brought: u32,
    }

    impl Inquiry for Lacking {
        type Answer = u32;
        type Lack = u32;
        type Error = &'static str;

        fn ask(&mut self) -> Result<u32, u32> {
            if self.brought == self.things { Ok(self.brought) } else { Err(self.brought) }
        }

        async fn bring(&mut self, lack: u32) -> Result<(), &'static str> {
            assert_eq!(lack, self.brought);
            self.brought += 1;
            if lack == 13 { Err("unlucky") } else { Ok(()) }
        }

        fn endless(&self) -> &'static str {
            "endless"
        }
    }

    #[tokio::test]
    async fn a_question_is_asked_until_nothing_is_lacking() {
        assert_eq!(inquire(Lacking { things: 5, brought: 0 }).await, Ok(5));
    }

    #[tokio::test]
    async fn a_question_ends_where_something_cannot_be_brought() {
        assert_eq!(inquire(Lacking { things: 20, brought: 0 }).await, Err("unlucky"));
    }

    #[tokio::test]
    async fn a_question_that_always_lacks_something_else_ends_without_an_answer() {
        assert_eq!(inquire(Lacking { things: 1000, brought: 14 }).await, Err("endless"));
    }
}
