use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, ContentType},
    web,
};

use crate::{Body, Problem, body::NoFields};

/// The page that explains every problem, a section each.
const PAGE: &str = include_str!("../../../../docs/problems.md");

/// The section of a problem, as Markdown; the `type` of every problem leads here.
pub(super) async fn problem(slug: web::Path<String>, _: Body<NoFields>) -> Result<HttpResponse, Problem> {
    let text = section(&slug).ok_or_else(Problem::not_found)?;
    let cache = (CACHE_CONTROL, "public, max-age=300");
    Ok(HttpResponse::Ok().insert_header(ContentType::plaintext()).insert_header(cache).body(text))
}

fn section(slug: &str) -> Option<String> {
    let mut sections = PAGE.split("\n## ").skip(1);
    sections.find(|section| section.lines().next() == Some(slug)).map(|section| format!("# {section}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProblemCode;

    #[test]
    fn every_problem_has_a_section() {
        for code in ProblemCode::ALL {
            assert!(section(code.slug()).is_some(), "{}", code.slug());
        }
        assert_eq!(section("nonsense"), None);
    }
}
