//! The filter language: `field:value` text, checked and compiled to parameterised SQL.
