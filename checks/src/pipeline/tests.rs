//! Seven breaks, one per step that can break, and what is well.

use super::PipelineList;

#[test]
fn the_schema_is_that_of_the_types() {
    crate::report::hold_schema::<PipelineList>("src/pipeline/schema.json");
}
