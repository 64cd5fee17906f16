#[derive(Clone, Debug, Default)]
pub(crate) struct Columns;
impl Columns {
    pub(crate) fn is_empty(&self) -> bool {
        true
    }
    pub(crate) fn bury(&mut self, _: u32) {}
    pub(crate) fn drop_buried(&mut self) {}
    pub(crate) fn shrink(&mut self) {}
    pub(crate) fn memory_bytes(&self) -> usize {
        0
    }
}
